"""The client role: each client on one core, the same server for all of them on the other."""
import json
import os
import shutil
import subprocess

import machine
from programs import CLIENTS, Running, SERVERS
from results import Row
from rounds import quiet, rotated

# key: title, unit, mode, and two numbers of it for a run of a second or so
CASES = {
    "client-unary-1x100": ("client, unary 16 B, 1 × 100", "µs a call", "unary", 100, 150_000),
    "client-unary-1x1": ("client, unary 16 B, 1 × 1", "µs a call", "unary", 1, 30_000),
    "client-read-16B": ("client, reading 16 B", "µs a message", "stream", 2_000_000, 16),
    "client-read-64KiB": ("client, reading 64 KiB", "µs a message", "stream", 8192, 65536),
}


def _amounts(mode, first, second, scale):
    """The numbers for a shorter or longer run."""
    return (first, max(100, int(second * scale))) if mode == "unary" else (max(100, int(first * scale)), second)


def _run(name, server, arguments):
    command = [word.format(port=server.port) for word in CLIENTS[name]] + [str(a) for a in arguments]
    before = machine.Cpu(server.pid)
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env={**os.environ, "GOMAXPROCS": "1"},
                          preexec_fn=machine.on_cores(machine.LOAD_CORE))
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stderr[-400:]}")
    return before.until(machine.Cpu(server.pid)), json.loads(done.stdout)["cpu_us"]


def measure(key, selected, given, say):
    title, unit, mode, first, second = CASES[key]
    names = [n for n in CLIENTS if n in selected and shutil.which(CLIENTS[n][0])]
    arguments = (mode, *_amounts(mode, first, second, given.seconds))
    served_by = "tonic" if SERVERS["tonic"].is_installed else "heddle"
    row = Row(key, title, unit, {}, notes=[f"served by {served_by}"])
    with Running(served_by) as server:
        for number in range(given.rounds):
            for name in rotated(names, number):
                try:
                    cost, noise = quiet(lambda: _run(name, server, arguments), given.tries)
                except Exception as error:
                    say(f"{name} fails in {key}: {error}")
                    names.remove(name)
                    continue
                row.figures.setdefault(name, []).append(cost)
                row.noise = max(row.noise, noise)
    return row

"""Resident memory of a server for each idle connection, and for each idle stream that has echoed one message."""
import subprocess
import time

import machine
from programs import OURS, Running
from results import Row


def _client(server, *words):
    return [str(OURS / "bench_client"), str(server.port), *words]


def _grown(name, connections, streams):
    """KiB that so many connections with so many streams each make."""
    with Running(name) as server:
        subprocess.run(_client(server, "unary", "1", "10"), stdout=subprocess.DEVNULL, check=True, timeout=60)
        time.sleep(0.3)
        before = machine.resident_kib(server.pid)
        holder = subprocess.Popen(_client(server, "idle", str(connections), str(streams)), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, preexec_fn=machine.on_cores(machine.LOAD_CORE))
        try:
            if holder.stdout.readline().strip() != b"ready":
                raise RuntimeError("bench_client idle did not get ready")
            time.sleep(1.0)
            return machine.resident_kib(server.pid) - before
        finally:
            holder.kill()
            holder.wait()


def measure(names, rounds, say):
    """The rows of connections and of streams."""
    connections = Row("memory-connection", "memory of an idle connection", "KiB", {})
    streams = Row("memory-stream", "memory of an idle bidi stream", "KiB", {})
    for _ in range(min(rounds, 3)):
        for name in names:
            try:
                many, few, busy = _grown(name, 1000, 0), _grown(name, 100, 0), _grown(name, 100, 100)
            except Exception as error:
                say(f"{name} fails in memory: {error}")
                continue
            connections.figures.setdefault(name, []).append(many / 1000)
            streams.figures.setdefault(name, []).append((busy - few) / 10000)
    return [connections, streams]

"""System calls that a server makes for each call, counted by strace."""
import re
import shutil
import signal
import subprocess
import time

import load
from cases import CASES
from programs import RUN, Running
from results import Row

CALLS = 200_000  # what a connection costs at its beginning is not seen any more


def _count(name, case):
    out = RUN / "strace.out"
    with Running(name) as server:
        load.send(server, case, 2000)
        strace = subprocess.Popen(["strace", "-c", "-f", "-U", "name,calls", "-o", str(out), "-p", str(server.pid)],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            time.sleep(0.7)
            if strace.poll() is not None:
                raise RuntimeError(f"strace: {strace.stderr.read().decode()[-300:]}")
            load.send(server, case, CALLS)
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait()
    rows = [line.split() for line in out.read_text().splitlines() if re.match(r"\s*\w+\s+\d+\s*$", line)]
    return sum(int(calls) for name, calls in rows if name != "total") / CALLS


def measure(names, say):
    row = Row("syscalls-1x100", "system calls, unary 16 B, 1 × 100", "a call", {})
    if shutil.which("strace") is None:
        say("syscalls-1x100 skipped: strace is not installed")
        return []
    for name in names:
        try:
            row.figures[name] = [_count(name, CASES["unary-16B-1x100"])]
        except Exception as error:
            say(f"{name} fails in syscalls: {error}")
    return [row]

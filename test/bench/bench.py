#!/usr/bin/env python3
"""Heddle beside its peers: CPU a call from /proc, in interleaved rounds on this machine. See docs/performance.md.

bench.py [CASE...] [--rounds N] [--seconds S] [--tries N] [--servers NAME,...] [--compare] [--record]
bench.py --list | --check | --scale | --build [--rounds N] | --profile [CASE...]
A CASE is how a name begins ("unary-16B", "tls"); without any, all are run. A run beside which others used the machine
is repeated, up to --tries times in all.
"""
import argparse
import fcntl
import os
import signal
import subprocess
import sys

import buildcost
import cases
import clients
import latency
import machine
import memory
import profiling
import report
import rounds
import scale
import syscalls
from programs import AUTHORITY, CACHE, OURS, PEER_SERVERS, RUN, Running, SERVERS, prepare
from results import FLOORS, Row

MEMORY = ("memory-connection", "memory-stream")
P99 = tuple(f"p99-{peer}" for peer in ("tonic", "nghttpd", "grpcpp-queue", "grpc-go"))
KEYS = (*cases.CASES, *clients.CASES, *MEMORY, "syscalls-1x100", *P99)


def say(text):
    print(text, flush=True)


def installed(names, chosen):
    """Ours and the floors always; of the others those that are here and chosen."""
    return [n for n in names if SERVERS[n].is_installed and (n in chosen or SERVERS[n].is_ours or n in FLOORS)]


def run(keys, chosen, given):
    """Measures row after row."""
    plain = installed(cases.GRPC, chosen)
    for key in keys:
        if key in cases.CASES:
            case = cases.CASES[key]
            costs, noise = rounds.measure(case, installed(case.servers, chosen), given, say)
            yield Row(key, case.title, case.unit, costs, noise)
        elif key in clients.CASES:
            yield clients.measure(key, {"heddle", *chosen}, given, say)
        elif key == "syscalls-1x100":
            yield from syscalls.measure(installed((*plain, "nghttpd", "floor"), chosen), say)
        elif key in P99:
            peer = key.removeprefix("p99-")
            if peer in installed([peer], chosen):
                yield from latency.measure(peer, given, say)
            else:
                say(f"{key} skipped: {peer} is not installed, or not chosen")
    if any(key in keys for key in MEMORY):
        yield from memory.measure(plain, given.rounds, say)


def check(chosen):
    """bench_client calls every method of every server, and compares the contents; with TLS where that is measured."""
    failed = False
    for name in installed([n for n in SERVERS if SERVERS[n].kind == "grpc"], chosen):
        for tls in (False, True) if name in cases.WITH_TLS else (False,):
            with Running(name, tls) as server:
                command = [str(OURS / "bench_client"), str(server.port), "check"]
                done = subprocess.run(command + (["--tls", str(AUTHORITY)] if tls else []), timeout=60,
                                      capture_output=True, text=True)
            failed = failed or done.returncode != 0
            say(f"{name}{', TLS' if tls else ''}: {done.stdout.strip() or done.stderr.strip()}")
    return failed


def parse():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("case", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--servers")
    for flag in ("list", "check", "scale", "build", "profile", "compare", "record"):
        parser.add_argument(f"--{flag}", action="store_true")
    given = parser.parse_args()
    given.servers = given.servers.split(",") if given.servers else [n for n in SERVERS if not SERVERS[n].is_ours]
    if unknown := [name for name in given.servers if name not in SERVERS]:
        parser.error(f"no such server: {', '.join(unknown)}; there are {', '.join(SERVERS)}")
    given.keys = [key for key in KEYS if not given.case or key.startswith(tuple(given.case))]
    if not given.keys:
        parser.error(f"no such case; there are {', '.join(KEYS)}")
    return given


def main():
    given = parse()
    if given.list:
        say("cases: " + " ".join(KEYS))
        say("servers: " + " ".join(n + ("" if SERVERS[n].is_installed else " (not installed)") for n in SERVERS))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers are stopped then, too
    RUN.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "run.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two at a time would measure each other
        machine.allow_many_files()
        prepare()
        if given.check:
            return check(given.servers)
        if os.getloadavg()[0] > 0.5:
            say(f"== this machine is busy (load {os.getloadavg()[0]:.1f}): figures will tell little")
        if given.scale:
            return scale.measure(given, say)
        if given.profile:
            return profiling.measure([cases.CASES[key] for key in given.keys if key in cases.CASES], given.record, say)
        rows = []
        if given.build:
            rows = buildcost.measure(min(given.rounds, 3), say)
        else:
            absent = [n for n in PEER_SERVERS if not SERVERS[n].is_installed]
            say(f"== not installed (./dev bench --all): {' '.join(absent)}" if absent else "== all peers are here")
            for row in run(given.keys, given.servers, given):
                say(report.figures(row))
                rows.append(row)
    say("\n" + report.text_table(rows))
    worse = given.compare and report.compare(rows)
    if given.record:
        report.record(rows)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())

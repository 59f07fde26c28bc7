"""Interleaved rounds: one run of everybody in each, so that a machine whose speed drifts drifts for all of them, and in
another order each."""
import time

import load
import machine
from programs import Running

NOISE = 0.22  # a run beside which others used more than this share of a core is repeated


def _calls_for(server, case, seconds):
    """How many calls take so long; warms the server up."""
    count = case.connections * case.streams * (20 if case.messages == 1 else 1)
    while True:
        took = load.send(server, case, count)
        if took > min(0.2, seconds):
            return max(case.connections * case.streams, int(count * seconds / took))
        count = int(count * min(20, max(2, 0.4 / max(took, 1e-4))))


def rotated(items, number):
    """The items in the order of that round: who begins finds the machine idle."""
    items = list(items)
    turn = number % max(1, len(items))
    return items[turn:] + items[:turn]


def quiet(run, tries):
    """`run()` until the rest of the machine was quiet, `tries` times at most; run returns (CPU seconds of the server,
    result). Returns (result, noise)."""
    best = None
    for _ in range(tries):
        busy, children, began = machine.busy_seconds(), machine.ended_children_seconds(), time.monotonic()
        ours, result = run()
        took = time.monotonic() - began
        others = machine.busy_seconds() - busy - ours - (machine.ended_children_seconds() - children)
        noise = others / took
        if best is None or noise < best[1]:
            best = (result, noise)
        if noise < NOISE:
            break
    return best


def measure(case, names, given, say):
    """Microseconds of CPU a call (or message) of each server in each round, and the worst noise beside any of them."""
    servers, counts, costs, worst = {}, {}, {}, 0.0
    try:
        for name in names:
            server = servers[name] = Running(name, case.tls)
            try:
                counts[name], costs[name] = _calls_for(server, case, given.seconds), []
            except Exception as error:
                say(f"{name} fails in {case.key}: {error}")
                servers.pop(name).stop()
        for number in range(given.rounds):
            for name, server in rotated(servers.items(), number):
                def run():
                    before = machine.Cpu(server.pid)
                    load.send(server, case, counts[name])
                    used = before.until(machine.Cpu(server.pid))
                    return used, used * 1e6 / (counts[name] * case.messages)

                cost, noise = quiet(run, given.tries)
                costs[name].append(cost)
                worst = max(worst, noise)
    finally:
        for server in servers.values():
            server.stop()
    return costs, worst

"""What a call costs with many connections, and with many streams on one. What the connections themselves cost is taken
off: a run of one call on each comes first."""
import time
from dataclasses import replace
from statistics import median

import load
import machine
import report
from cases import CASES
from programs import Running, SERVERS
from results import number

SIZES = (1, 10, 100, 1_000, 10_000)
SECONDS = 600  # no new size is begun after that
TOLERANCE = 0.1  # of the cost, for what this machine's speed drifts by


def _cpu_of(server, case, count):
    before = machine.Cpu(server.pid)
    load.send(server, case, count)
    return before.until(machine.Cpu(server.pid))


def _cost(name, case, seconds):
    """Microseconds a call beyond the first on each connection."""
    open_only = max(case.connections, case.streams)
    with Running(name) as server:
        load.send(server, case, open_only)
        opening = _cpu_of(server, case, open_only)
        count, used = max(5_000, 2 * open_only), 0.0
        while (used := _cpu_of(server, case, open_only + count) - opening) < seconds / 4 and count < 1_000_000:
            count *= 4
        return used * 1e6 / count


def _growth(costs, sizes):
    """By how much the last size costs more than the cheapest before it."""
    return costs[sizes[-1]] - min(costs[size] for size in sizes[:-1])


def _verdict(table, ours, size):
    sizes = [s for s in SIZES if s <= size and s in table["floor"] and s in table[ours]]
    if size not in sizes or len(sizes) < 2:
        return ""
    grown, floor = _growth(table[ours], sizes), _growth(table["floor"], sizes)
    return "met" if grown <= max(0.0, floor) + TOLERANCE * table[ours][size] else "not met"


def _measure(what, names, given, began, say):
    """One table: sizes down, servers across; the first of the names is ours."""
    say(f"\nµs a call by {what}: {', '.join(names)}")
    table, lines = {name: {} for name in names}, []
    for size in SIZES:
        shape = {"connections": size, "streams": 1} if what == "connections" else {"connections": 1, "streams": size}
        case = replace(CASES["unary-16B-1x1"], key=f"scale-{what}", **shape)
        if time.monotonic() - began > SECONDS:
            say(f"{size} {what} skipped: {SECONDS} s are over")
            continue
        if 2 * size > machine.allow_many_files():
            say(f"{size} {what} skipped: the limit of open files is {machine.allow_many_files()}")
            continue
        rounds = {name: [] for name in names}
        for _ in range(min(given.rounds, 3)):
            for name in names:
                try:
                    rounds[name].append(_cost(name, case, given.seconds))
                except Exception as error:
                    say(f"{name} fails with {size} {what}: {error}")
        for name in names:
            if rounds[name]:
                table[name][size] = median(rounds[name])
        cells = [number(table[name][size]) if size in table[name] else "–" for name in names]
        lines.append([f"{size} {what}", *cells, _verdict(table, names[0], size)])
        say("  ".join(cell.rjust(12) for cell in lines[-1]))
    return lines


def measure(given, say):
    """Both tables; fails nothing, but --record writes them to the page."""
    began = time.monotonic()
    peers = [n for n in ("tonic",) if n in given.servers and SERVERS[n].is_installed]
    lines = _measure("connections", ["heddle", "floor", *peers], given, began, say)
    lines += [line[:3] + [""] * len(peers) + line[3:]
              for line in _measure("streams", ["heddle-many-streams", "floor"], given, began, say)]
    if given.record:
        note = ("µs a call, what the connections themselves cost taken off. \"met\": it has grown by no more than the "
                f"floor, whose cost is the sockets', give or take {TOLERANCE:.0%}. `./dev bench --scale --record`.")
        report.page_section("scale", ["unary 16 B on", "heddle", "floor", *peers, ""], lines, note)
    return 0

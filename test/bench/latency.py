"""p99 of 10 × 10 small calls, ours and a peer's in turn, at half of what the slower of the two can do."""
import load
from cases import CASES
from programs import RUN, Running
from results import Row

CASE = CASES["unary-16B-10x10"]


def _most_calls_a_second(server, seconds):
    count = 5000
    while (took := load.send(server, CASE, count)) < min(0.2, seconds):
        count *= 3
    return count / took


def _p99(server, rate, seconds):
    log = RUN / "latency.log"
    load.send(server, CASE, max(2000, int(rate * seconds)), rate=rate, log=log)
    sorted_times = load.latencies(log)
    return sorted_times[int(len(sorted_times) * 0.99)]


def measure(peer, given, say):
    row = Row(f"p99-{peer}", f"p99 beside {peer}, 10 × 10", "µs", {"heddle": [], peer: []})
    try:
        with Running("heddle") as ours, Running(peer) as theirs:
            rate = min(_most_calls_a_second(server, given.seconds) for server in (ours, theirs)) / 2
            row.notes.append(f"{rate:.0f} calls a second")
            for _ in range(given.rounds):
                for server in (ours, theirs):
                    row.figures[server.name].append(_p99(server, rate, given.seconds))
    except Exception as error:
        say(f"{row.key} fails: {error}")
        return []
    return [row]

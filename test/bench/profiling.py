"""Where the time of our server goes, by perf: shares of each part of the program, and the functions that take most."""
import re
import shutil
import subprocess
import time

import load
import report
from programs import RUN, Running

SECONDS = 3
# The first that matches "LIBRARY FUNCTION" is whose time it is.
PARTS = (
    ("kernel, page faults", r"kernel.* .*(page_fault|clear_page|anonymous_page|unmap|mmap|memcg|fault_in|vma)"),
    ("kernel, the rest", r"kernel"),
    ("TLS", r"lib(ssl|crypto)"),
    ("protobuf", r"libprotobuf|google::protobuf| bench::(Req|Resp|StreamReq)"),
    ("copying", r" _*mem(move|cpy|set)"),
    ("malloc", r"malloc|_int_free|cfree| free$|operator (new|delete)"),
    ("handler", r"bench_service"),
    ("hpack", r" heddle::hpack"),
    ("http2", r" heddle::http2"),
    ("rpc", r" heddle::(rpc|detail::write_framed)"),
    ("transport", r" heddle::(transport|waiter|socket_stream|tls)"),
    ("server", r" heddle::"),
    ("Asio", r"boost::asio"),
    ("other", r""),
)


def _samples(case, say):
    """[(share, library, function)] of a server that is busy with this case."""
    data = RUN / "perf.data"
    with Running("heddle", case.tls) as server:
        count = case.connections * case.streams
        while (took := load.send(server, case, count)) < 0.3:
            count *= 4
        perf = subprocess.Popen(["perf", "record", "-q", "-F", "999", "-o", str(data), "-p", str(server.pid), "--",
                                 "sleep", str(SECONDS)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(0.3)
        load.send(server, case, max(count, int(count * SECONDS / took)))
        perf.send_signal(2)
        if perf.communicate()[1] and not data.exists():
            say("perf recorded nothing: it may not be allowed here (kernel.perf_event_paranoid)")
    said = subprocess.run(["perf", "report", "-i", str(data), "--no-children", "--stdio", "-F", "overhead,dso,sym"],
                          capture_output=True, text=True).stdout
    lines = re.findall(r"^\s*([\d.]+)%\s+(\S+)\s+\[.\]\s+(.+?)\s*$", said, re.M)
    return [(float(share), library, function) for share, library, function in lines]


def _parts(samples):
    shares = dict.fromkeys((name for name, _ in PARTS), 0.0)
    for share, library, function in samples:
        shares[next(name for name, pattern in PARTS if re.search(pattern, f"{library} {function}"))] += share
    return shares


def measure(chosen, record, say):
    if shutil.which("perf") is None:
        say("--profile skipped: perf is not installed (linux-perf)")
        return 0
    shares = {}
    for case in chosen:
        samples = _samples(case, say)
        shares[case.title] = _parts(samples)
        say(f"\n{case.title}")
        for share, library, function in samples[:15]:
            say(f"  {share:5.1f} %  {library}  {function}")
    lines = [[name, *(f"{shares[title][name]:.0f}" for title in shares)] for name, _ in PARTS
             if any(shares[title][name] >= 0.5 for title in shares)]
    columns = ["% of the server's time", *shares]
    widths = [max(len(line[i]) for line in (columns, *lines)) for i in range(len(columns))]
    say("")
    for line in (columns, *lines):
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths)))
    if record:
        report.page_section("profile", columns, lines, "`./dev bench --profile CASE... --record`, with `perf`.")
    return 0

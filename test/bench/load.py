"""Load from h2load (or, for the echo of TCP, bench_floor) on a core of its own; every answer is checked."""
import json
import re
import subprocess

import machine
from programs import OURS, RUN

SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def _run(command, timeout):
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                          preexec_fn=machine.on_cores(machine.LOAD_CORE))
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout


def _echo(server, case, count):
    program = [str(OURS / "bench_floor"), str(server.port), "echo-client", str(len(case.body)), str(count)]
    return json.loads(_run(program, 110))["wall_s"]


def _request(server, case):
    """What h2load needs to send this case to this server; nghttpd is asked for a file of the same length."""
    scheme = "https" if server.tls else "http"
    if server.kind == "http" and case.answer < 100:
        return [f"{scheme}://127.0.0.1:{server.port}/{case.answer}"]
    body = RUN / f"{case.key}.body"
    if not body.exists() or body.read_bytes() != case.body:
        body.write_bytes(case.body)
    path = case.answer if server.kind == "http" else f"bench.Bench/{case.method}"
    return ["-d", str(body), "-H", "content-type: application/grpc", "-H", "te: trailers",
            f"{scheme}://127.0.0.1:{server.port}/{path}"]


def send(server, case, count, rate=None, log=None):
    """`count` calls, `rate` a second if one is given; returns how many seconds they took."""
    if server.kind == "echo":
        return _echo(server, case, count)
    command = ["h2load", "-t", "1", "-n", str(count), "-c", str(case.connections), "-m", str(case.streams),
               "-w", "30", "-W", "30", "--tls13-ciphers=TLS_AES_128_GCM_SHA256"]
    if rate:
        command += ["--rps", str(max(1, round(rate / case.connections)))]
    if log:
        log.unlink(missing_ok=True)
        command += ["--log-file", str(log)]
    said = _run(command + _request(server, case), 110)
    took = re.search(r"finished in ([\d.]+)(us|ms|s)\b", said)
    succeeded = re.search(r"(\d+) succeeded", said)
    answered = re.search(r"(\d+) 2xx", said)
    data = re.search(r"space savings.*?\), \S+ \((\d+)\) data", said)
    if not (took and succeeded and answered and data):
        raise RuntimeError(f"h2load says what nobody understands:\n{said[-600:]}")
    if int(succeeded[1]) != count or int(answered[1]) != count or int(data[1]) != count * case.answer:
        raise RuntimeError(f"{succeeded[1]} of {count} calls succeeded, {answered[1]} were 2xx, with {data[1]} bytes "
                           f"of {count * case.answer}")
    return float(took[1]) * SECONDS[took[2]]


def latencies(log):
    """Sorted, in microseconds."""
    with open(log) as lines:
        return sorted(int(line.split("\t")[2]) for line in lines)

"""The servers and clients that are measured, ours and those of the peers, and which of them are here."""
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import machine

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("HEDDLE_BENCH_DIR")
             or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heddle/bench")
PEERS = CACHE / "bin"
OURS = Path(os.environ.get("HEDDLE_BENCH_BIN", ROOT / "build/release/bin"))
RUN = CACHE / "run"
CERTS = RUN / "certs"
CERTIFICATE, KEY, AUTHORITY = CERTS / "server1.pem", CERTS / "server1.key", CERTS / "ca.pem"


@dataclass(frozen=True)
class Server:
    """`kind`: grpc serves bench.proto, http serves files (nghttpd), floor gives canned answers, echo is TCP."""
    name: str
    command: Callable  # of the port, and whether it speaks TLS
    kind: str = "grpc"
    environment: dict = field(default_factory=dict)
    cores: tuple = (machine.SERVER_CORE,)

    @property
    def is_installed(self):
        return shutil.which(str(self.command(0, False)[0])) is not None

    @property
    def is_ours(self):
        return self.name.split("-")[0] == "heddle"


def _grpc(program, *flags):
    return lambda port, tls: [program, str(port), *flags, *(["--tls", str(CERTIFICATE), str(KEY)] if tls else [])]


def _nghttpd(port, tls):
    common = ["nghttpd", "-a", "127.0.0.1", "-n", "1", "-d", str(RUN / "www")]
    return [*common, str(port), str(KEY), str(CERTIFICATE)] if tls else [*common, "--no-tls", str(port)]


_ours = str(OURS / "bench_server")
_both = (machine.SERVER_CORE, machine.LOAD_CORE)
SERVERS = {server.name: server for server in (
    Server("heddle", _grpc(_ours)),
    Server("heddle-try", _grpc(_ours, "--read", "try")),
    Server("heddle-optional", _grpc(_ours, "--read", "optional")),
    Server("heddle-2-threads", _grpc(_ours, "--threads", "2"), cores=_both),
    Server("heddle-many-streams", _grpc(_ours, "--streams", "10000")),
    Server("floor", lambda port, tls: [str(OURS / "bench_floor"), str(port)], "floor"),
    Server("tcp-echo", lambda port, tls: [str(OURS / "bench_floor"), str(port), "echo"], "echo"),
    Server("tonic", _grpc(str(PEERS / "tonic-server"))),
    Server("nghttpd", _nghttpd, "http"),
    Server("grpcpp-queue", _grpc(str(PEERS / "grpcpp-queue"))),
    Server("grpcpp-callback", _grpc(str(PEERS / "grpcpp-callback"))),
    Server("grpc-go", _grpc(str(PEERS / "go-server")), environment={"GOMAXPROCS": "1"}),
)}
PEER_SERVERS = [s.name for s in SERVERS.values() if not s.is_ours and s.kind in ("grpc", "http")]

CLIENTS = {
    "heddle": [str(OURS / "bench_client"), "{port}"],
    "tonic": [str(PEERS / "tonic-client"), "{port}"],
    "grpcpp-queue": [str(PEERS / "grpcpp-client"), "{port}", "queue"],
    "grpcpp-callback": [str(PEERS / "grpcpp-client"), "{port}", "callback"],
    "grpc-go": [str(PEERS / "go-client"), "{port}"],
}


def versions():
    """Of what is measured, for the report."""
    def said(command, pattern):
        try:
            found = re.search(pattern, subprocess.run(command, capture_output=True, text=True).stdout)
        except FileNotFoundError:
            found = None
        return found[1] if found else "?"

    tonic = re.search(r'name = "tonic"\nversion = "(.*)"', (HERE / "peers/tonic/Cargo.lock").read_text())[1]
    go = re.search(r"google.golang.org/grpc v(\S+)", (HERE / "peers/go/go.mod").read_text())[1]
    return (f"tonic {tonic}, grpc-go {go}, grpc++ {said(['pkg-config', '--modversion', 'grpc++'], '(.*)')}, "
            f"nghttp2 {said(['h2load', '--version'], r'nghttp2/(.*)')}, g++ {said(['g++', '-dumpfullversion'], '(.*)')}")


def prepare():
    """The files that servers serve, and the certificates."""
    www = RUN / "www"
    www.mkdir(parents=True, exist_ok=True)
    (www / "23").write_bytes(b"x" * 23)  # as long as a message of 16 bytes
    (www / "65545").write_bytes(b"x" * 65545)
    subprocess.run(["bash", str(ROOT / "test/support/certs.sh"), str(CERTS)], check=True)


class Running:
    """A server while it runs."""

    def __init__(self, name, tls=False):
        server = SERVERS[name]
        self.name, self.kind, self.tls, self.port = name, server.kind, tls, machine.free_port()
        with open(RUN / f"{name}.log", "wb") as log:
            self.process = subprocess.Popen(server.command(self.port, tls), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={**os.environ, **server.environment},
                                            preexec_fn=machine.on_cores(*server.cores))
        try:
            self._await_port()
        except BaseException:
            self.stop()
            raise

    def _await_port(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start; see {RUN / (self.name + '.log')}")

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

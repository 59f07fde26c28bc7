"""What servers are measured with: h2load sends these bodies to these methods."""
import re
import struct
from dataclasses import dataclass

KIB = 1024


def _varint(value):
    head = bytes([value & 127 | 128]) if value > 127 else bytes([value])
    return head + _varint(value >> 7) if value > 127 else head


def _framed(message):
    return b"\0" + struct.pack(">I", len(message)) + message


def message(size):
    """Req or Resp with a payload of so many bytes, behind gRPC's five bytes."""
    return _framed(b"\x0a" + _varint(size) + b"x" * size)


def stream_request(count, size):
    return _framed(b"\x08" + _varint(count) + b"\x10" + _varint(size))


@dataclass(frozen=True)
class Case:
    """`answer`: bytes of DATA that each call must bring; `messages`: what the cost is divided by."""
    key: str
    title: str
    method: str
    body: bytes
    answer: int
    connections: int = 1
    streams: int = 1
    messages: int = 1
    tls: bool = False
    servers: tuple = ()

    @property
    def unit(self):
        return "µs a call" if self.messages == 1 else "µs a message"


GRPC = ("heddle", "tonic", "grpcpp-queue", "grpcpp-callback", "grpc-go")
SMALL = (*GRPC, "nghttpd", "floor")
WITH_TLS = ("heddle", "tonic", "nghttpd")


def _spaced(name):
    """64KiB -> 64 KiB"""
    return re.sub(r"(\d)([A-Z])", r"\1 \2", name)


def _unary(name, size, connections, streams, servers, tls=False):
    shape = f"{connections}x{streams}"
    body = message(size)
    return Case(f"{'tls-' if tls else ''}unary-{name}-{shape}",
                f"{'TLS, ' if tls else ''}unary {_spaced(name)}, {connections} × {streams}",
                "Unary", body, len(body), connections, streams, tls=tls, servers=servers)


def _server_stream(name, size, count, servers):
    return Case(f"server-stream-{name}", f"server stream {_spaced(name)}", "ServerStream", stream_request(count, size),
                count * len(message(size)), messages=count, servers=servers)


def _client_stream(name, size, count, servers):
    return Case(f"client-stream-{name}", f"client stream {_spaced(name)}", "ClientStream", message(size) * count,
                len(message(len(str(size * count)))), messages=count, servers=servers)


CASES = {case.key: case for case in (
    _unary("16B", 16, 1, 100, SMALL),
    _unary("16B", 16, 10, 10, (*SMALL, "heddle-2-threads")),
    _unary("16B", 16, 100, 1, SMALL),
    _unary("16B", 16, 1, 1, SMALL),
    _unary("1KiB", KIB, 1, 100, GRPC),
    _unary("64KiB", 64 * KIB, 1, 10, (*GRPC, "tcp-echo")),
    _unary("1MiB", KIB * KIB, 1, 4, (*GRPC, "tcp-echo")),
    _server_stream("16B", 16, 10000, GRPC),
    _server_stream("64KiB", 64 * KIB, 256, GRPC),
    _client_stream("16B", 16, 10000, ("heddle", "heddle-try", "heddle-optional", *GRPC[1:])),
    _client_stream("64KiB", 64 * KIB, 256, GRPC),
    _unary("16B", 16, 1, 100, WITH_TLS, tls=True),
    _unary("64KiB", 64 * KIB, 1, 10, WITH_TLS, tls=True),
)}

"""What heddle's cost must be at most: so many times a peer's in the same run, or so much."""
from dataclasses import dataclass
from statistics import median

from results import number, span


@dataclass(frozen=True)
class Target:
    """`whom` is a peer, "best" of the gRPC peers, "floor", or None: then `most` is a figure by itself."""
    whom: str | None
    most: float
    subject: str = "heddle"

    def judge(self, row):
        """(bound, measured, met or None) as texts and truth; None where somebody is missing."""
        if self.whom is None:
            values = row.figures.get(self.subject)
            if not values:
                return self._bound(row), "not measured", None
            return self._bound(row), number(median(values)), median(values) <= self.most
        ratio = row.ratio(self.subject, self.whom)
        if ratio is None:
            return self._bound(row), "not measured", None
        return self._bound(row), span(ratio), ratio[1] <= self.most

    def _bound(self, row):
        who = "" if self.subject == "heddle" else f"{self.subject}: "
        if self.whom is None:
            return f"{who}≤ {number(self.most)} {row.unit}"
        name = row.name_of(self.whom)
        of = self.whom if name in (None, self.whom) else f"{self.whom} ({name})"
        return f"{who}≤ {number(self.most)} × {of}"


def _ahead_of(*peers):
    return tuple(Target(peer, 1.0) for peer in peers)


# In the order of the table.
TARGETS = {
    "unary-16B-1x100": (Target("tonic", 1 / 6), Target("nghttpd", 0.4)),
    "unary-16B-10x10": (Target("tonic", 1 / 4), Target("nghttpd", 0.6),
                        Target("heddle", 1.1, subject="heddle-2-threads")),
    "unary-16B-100x1": (Target("floor", 1.2), *_ahead_of("nghttpd")),
    "unary-16B-1x1": (Target("floor", 1.25), *_ahead_of("nghttpd")),
    "unary-1KiB-1x100": (Target("tonic", 1 / 4),),
    "unary-64KiB-1x10": (Target("best", 0.6),),
    "unary-1MiB-1x4": (Target("best", 0.5),),
    "server-stream-16B": (Target("tonic", 1.0),),
    "server-stream-64KiB": (Target("best", 0.8),),
    "client-stream-16B": (Target("tonic", 1.5), Target("tonic", 1.0, subject="heddle-try"),
                          Target("tonic", 3.0, subject="heddle-optional")),
    "client-stream-64KiB": (Target("best", 0.6),),
    "client-unary-1x100": (Target("tonic", 1 / 4),),
    "client-unary-1x1": (Target("tonic", 0.7),),
    "client-read-16B": (Target("tonic", 1.5),),
    "client-read-64KiB": (Target("tonic", 0.7),),
    "tls-unary-16B-1x100": _ahead_of("nghttpd", "tonic"),
    "tls-unary-64KiB-1x10": _ahead_of("nghttpd", "tonic"),
    "memory-connection": (Target(None, 8.0),),
    "memory-stream": (Target(None, 2.0),),
    "syscalls-1x100": (Target(None, 0.04),),
    "p99-tonic": _ahead_of("tonic"),
    "p99-nghttpd": _ahead_of("nghttpd"),
    "p99-grpcpp-queue": _ahead_of("grpcpp-queue"),
    "p99-grpc-go": _ahead_of("grpc-go"),
    "build-header-only": (Target("grpcpp", 1.5),),
    "build-compiled": (Target("grpcpp", 0.7),),
    "build-service-file": (Target("grpcpp", 0.5),),
    "build-both-service-files": (),
    "build-example": (),
    "build-src": (),
    "build-asio": (),
    "build-size": (),
    "build-libraries": (Target(None, 10.0),),
    "build-library-size": (),
}

"""Rows of the table: what was measured, in rounds, for each program."""
from dataclasses import dataclass, field
from statistics import median

# Whom "the best peer" is taken from.
GRPC_PEERS = ("tonic", "grpcpp-queue", "grpcpp-callback", "grpc-go")
FLOORS = ("floor", "tcp-echo")


@dataclass
class Row:
    """`figures`: name of a program to one value for each round, less is better."""
    key: str
    title: str
    unit: str
    figures: dict
    noise: float = 0.0
    notes: list = field(default_factory=list)

    def name_of(self, whom):
        """The program that `whom` stands for here, or None: a name, "best" of the gRPC peers, or "floor"."""
        if whom == "best":
            return min((n for n in GRPC_PEERS if self.figures.get(n)), key=lambda n: median(self.figures[n]),
                       default=None)
        if whom == "floor":
            return next((n for n in FLOORS if self.figures.get(n)), None)
        return whom if self.figures.get(whom) else None

    def ratio(self, subject, whom):
        """[least, median, most] of the rounds' ratios, or None where one of the two is missing."""
        other = self.name_of(whom)
        if other is None or not self.figures.get(subject):
            return None
        return spread([a / b for a, b in zip(self.figures[subject], self.figures[other]) if b > 0])


def spread(values):
    return [min(values), median(values), max(values)] if values else None


def number(value):
    """Three digits that count, as far as they do."""
    if abs(value) >= 1 or value == 0:
        return f"{value:.{max(0, 3 - len(str(int(abs(value)))))}f}"
    return f"{value:.{2 if abs(value) >= 0.1 else 3}f}"


def span(values):
    return f"{number(values[1])} ({number(values[0])}–{number(values[2])})"

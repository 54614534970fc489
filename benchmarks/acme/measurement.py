"""What one flow cost, and how that comes from the process it ran in to the one that prints the table."""

import json
import resource
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class CA:
    """Where the Pebble is that all flows use."""

    directory_url: str
    ca_file: str
    http_port: int


@dataclass
class Measurement:
    """A number of issuances, `at_a_time` in parallel; times in seconds."""

    at_a_time: int
    durations: list[float] = field(default_factory=list)
    requests: int = 0
    waited: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    peak_mib: float = 0.0

    def __enter__(self) -> "Measurement":
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._began[0]
        self.cpu = time.process_time() - self._began[1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.peak_mib = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)

    @property
    def count(self) -> int:
        """How many issuances."""
        return len(self.durations)

    def percentile(self, percent: int) -> float:
        """How long an issuance took, in milliseconds."""
        return statistics.quantiles(self.durations, n=100, method="inclusive")[percent - 1] * 1000

    def to_json(self) -> str:
        """For the other process."""
        return json.dumps(asdict(self))

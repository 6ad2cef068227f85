"""What every use case works on: one store, its traffic, and a clock."""

from dataclasses import dataclass, field
from threading import Lock

from mcp_server.services.ports import Clock, Store, Traffic
from mcp_server.services.snapshot import WHOLE, Part, Snapshot
from policies.replay.recording import Recording


class LoadedRecordings:
    """The snapshots that were read last, so that simulating twice reads the disk once. Thread-safe."""

    def __init__(self, traffic: Traffic, *, keep: int = 2) -> None:
        self._traffic = traffic
        self._keep = keep
        self._loaded: dict[tuple[str, Part], Recording] = {}
        self._lock = Lock()

    def load(self, snapshot: Snapshot, part: Part = WHOLE) -> Recording:
        """The snapshot's recording, or a part of it. Raises Unavailable if a file is gone or corrupt."""
        key = snapshot.digest, part
        with self._lock:
            recording = self._loaded.pop(key, None) or self._traffic.load(snapshot, part)
            self._loaded[key] = recording
            while len(self._loaded) > self._keep:
                self._loaded.pop(next(iter(self._loaded)))
            return recording


@dataclass(frozen=True, slots=True)
class Home:
    """One installation."""

    store: Store
    traffic: Traffic
    clock: Clock
    recordings: LoadedRecordings = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recordings", LoadedRecordings(self.traffic))

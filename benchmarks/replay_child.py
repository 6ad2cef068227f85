"""One process that has never seen the traffic: loads a snapshot from disk and replays a change on it.

    python benchmarks/replay_child.py HOME SNAPSHOT.json

Prints one JSON object. The clock starts when the interpreter is up and the modules are imported, which
``import_seconds`` tells apart; it stops when there is an impact.
"""

from time import perf_counter

_STARTED = perf_counter()

import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from hashlib import sha256  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.replay_reference import SPLIT_BY  # noqa: E402
from benchmarks.shop_traffic import FLAG, NOW, feed, flag_after, flag_before  # noqa: E402
from evaluator import Definitions, Ruleset, compile_definitions  # noqa: E402
from mcp_server.services.snapshot import Snapshot  # noqa: E402
from mcp_server.traffic.archive import TrafficArchive  # noqa: E402
from policies.impact import Impact  # noqa: E402
from policies.replay.replayer import Replayer  # noqa: E402

CORRECTED_SHARE = 40
EDITS = 5


def main() -> None:
    """Measures and prints."""
    imported = perf_counter()
    home, snapshot = Path(sys.argv[1]), Snapshot.model_validate_json(Path(sys.argv[2]).read_text())
    before, after = _ruleset(flag_before()), _ruleset(flag_after())
    begun = perf_counter()
    recording = TrafficArchive(home).load(snapshot)
    loaded = perf_counter()
    replayer = Replayer(recording, before, now=NOW)
    impact = replayer.replay(after, edited=[FLAG])
    done = perf_counter()
    edits = [_edit(replayer, CORRECTED_SHARE + number) for number in range(EDITS)]
    peak_mb = _peak_mb()
    split = replayer.replay(after, edited=[FLAG], breakdowns=SPLIT_BY)
    report = {
        "import_seconds": imported - _STARTED,
        "load_seconds": loaded - begun,
        "replay_seconds": done - loaded,
        "seconds": done - begun,
        "warm_seconds": sorted(edits)[EDITS // 2],
        "peak_mb": peak_mb,
        "contexts": recording.size,
        "digest": sha256(impact.model_dump_json().encode()).hexdigest(),
        "split": json.loads(split.model_dump_json()),
    }
    print(json.dumps(report))


def _edit(replayer: Replayer, share: float) -> float:
    """The change again with another rollout."""
    ruleset = _ruleset(flag_after(share))
    begun = perf_counter()
    impact: Impact = replayer.replay(ruleset, edited=[FLAG])
    assert impact.flags
    return perf_counter() - begun


def _ruleset(flag: dict[str, object]) -> Ruleset:
    return compile_definitions(Definitions.from_posthog(feed(flag)))


def _peak_mb() -> int:
    """Greatest memory of this process; what ``getrusage`` says on Linux may be its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return round(int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024))


if __name__ == "__main__":
    main()

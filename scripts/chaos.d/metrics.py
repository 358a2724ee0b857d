"""`metrics.jsonl` as anybody may read it: line by line, also while the run goes on."""

import json
from dataclasses import dataclass, field
from pathlib import Path


MOST_RANGES = 12


@dataclass(frozen=True)
class Commit:
    """A step that was committed, as its line tells."""

    step: int
    time: float  # Of day, in seconds since 1970.
    content: bytes  # Of the line, without its seal, which tells what stood before it.


def commits(text: bytes) -> list[Commit]:
    """Of whole lines, in their order."""
    records = []
    for line in text.splitlines():
        record = json.loads(line)
        if record["kind"] == "step":
            content = line.partition(b',"after":')[0]
            records.append(Commit(record["step"], record["time"], content))
    return records


# What belongs to the course of one run, beside seconds of all kinds; everything else is the same in
# runs of equal numbers.
CIRCUMSTANCES = {
    *("time", "pairsPerSecond", "workers", "bytesIn", "bytesOut", "gigaflops"),
    *("peakMemoryBytes", "workerPeakMemoryBytes", "after", "checksum"),
}


def is_shared(key: str) -> bool:
    return key not in CIRCUMSTANCES and not key.lower().endswith("seconds")


def shared_numbers(text: bytes, kind: str) -> dict[int, dict]:
    """Of each step, or of each step's evaluation: losses, norms, digest, chain."""
    records = [json.loads(line) for line in text.splitlines()]
    return {
        record["step"]: {key: record[key] for key in record if is_shared(key)}
        for record in records
        if record["kind"] == kind
    }


@dataclass
class Follower:
    """Reads what was added, and notices what was taken back."""

    path: Path
    # The line with which each step was first committed.
    first_lines: dict[int, bytes] = field(default_factory=dict)
    # Steps that were committed before and came again: the line is another one, if only by its time.
    recomputed: set[int] = field(default_factory=set)
    newest_step: int = 0
    _last_lines: dict[int, bytes] = field(default_factory=dict)
    _offset: int = 0
    # What precedes the offset; when it changed, the file was cut and has grown again.
    _mark: bytes = b""

    MARK_BYTES = 64

    def poll(self) -> list[Commit]:
        """The steps committed since the last time."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset - len(self._mark))
            text = file.read()
        if not text.startswith(self._mark):
            self._offset, self._mark = 0, b""
            return self.poll()
        added = text[len(self._mark) :]
        # What follows the last line break is being written.
        added = added[: added.rfind(b"\n") + 1]
        self._offset += len(added)
        self._mark = (self._mark + added)[-self.MARK_BYTES :]
        return [commit for commit in commits(added) if self._is_new(commit)]

    def _is_new(self, commit: Commit) -> bool:
        """Whether this line was not there before."""
        if self._last_lines.get(commit.step) == commit.content:
            return False
        if self.first_lines.setdefault(commit.step, commit.content) != commit.content:
            self.recomputed.add(commit.step)
        self._last_lines[commit.step] = commit.content
        self.newest_step = max(self.newest_step, commit.step)
        return True


def ranges(steps: list[int]) -> str:
    """Sorted numbers in short, the first of them if there are many: "3–5, 9"."""
    parts: list[list[int]] = []
    for step in steps:
        if parts and step == parts[-1][-1] + 1:
            parts[-1][1:] = [step]
        else:
            parts.append([step])
    texts = ["–".join(str(end) for end in part) for part in parts[:MOST_RANGES]]
    return ", ".join(texts) + (", …" if len(parts) > MOST_RANGES else "")

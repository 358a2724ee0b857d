"""What people see: a live line where there is a terminal, lines where there is none, and tables."""

import shutil
import sys
import time
from pathlib import Path

BAR_WIDTH = 24


class Display:
    """Writes to standard output, and everything that is worth keeping to a file as well."""

    def __init__(self, log: Path, tells_all: bool) -> None:
        """`tells_all`: whether details are shown too; they are always kept."""
        self._is_live = sys.stdout.isatty()
        self._tells_all = tells_all or not self._is_live
        self._log = log.open("a", buffering=1)
        self._status = ""

    def say(self, text: str = "") -> None:
        self._keep(text)
        self.show(text)

    def detail(self, text: str) -> None:
        self._keep(text)
        if self._tells_all:
            self.show(text)

    def status(self, text: str) -> None:
        """Takes the place of the last status; gone with the next line."""
        if self._is_live and text != self._status:
            self._status = text
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{text[:width]}", end="", flush=True)

    def _keep(self, text: str) -> None:
        self._log.write(f"{time.time():.3f} {text}\n")

    def show(self, text: str) -> None:
        """Once the file is gone there is still the terminal."""
        print(f"\r\033[K{text}" if self._is_live else text, flush=True)

    def strong(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._is_live else text

    def verdict(self, holds: bool, text: str) -> None:
        mark = "✓" if holds else "✗"
        if self._is_live:
            mark = f"\033[{32 if holds else 31}m{mark}\033[0m"
        self.say(f"  {mark} {text}")


def bar(done: int, total: int) -> str:
    """Such as "▕█████▌     ▏ 310/1500"."""
    eighths = round(8 * BAR_WIDTH * min(done, total) / total)
    full, rest = divmod(eighths, 8)
    blocks = "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
    return f"▕{blocks:<{BAR_WIDTH}}▏ {done:{len(str(total))}}/{total}"


def clock(seconds: float) -> str:
    """Such as "4:07", in minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def duration(seconds: float) -> str:
    """Such as "4 min 31 s", "12.3 s", "0.41 s"."""
    if seconds >= 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s"
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s"


def counted(count: int, noun: str) -> str:
    """Such as "1 step", "2 steps"."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def table(heads: list[str], rows: list[list[str]], left_columns: int) -> list[str]:
    """Columns as wide as they need to be; those after `left_columns` are of numbers."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    return [
        "  ".join(
            cell.ljust(width) if column < left_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in [heads, ["─" * width for width in widths], *rows]
    ]

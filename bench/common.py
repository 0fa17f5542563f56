"""What the benchmarks share: a quiet process, statistics, tables and the machine's class."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = [str(ROOT / name) for name in ("engine", "server", "tools")]
sys.path[1:1] = PACKAGES  # a benchmark runs from a checkout, installed or not

# One thread for each library. The thresholds keep glibc from giving memory back to the system
# and fetching it anew between calls, which can change the time of NumPy code by a factor of 1.7.
_QUIET = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "PYTHONHASHSEED": "0",
}


def quiet_process() -> None:
    """Start this script again with one thread and a steady allocator, if it is not so yet.

    The libraries and glibc read these variables only when a process starts.
    """
    path = os.pathsep.join([*PACKAGES, os.environ.get("PYTHONPATH", "")])
    if any(os.environ.get(name) != value for name, value in _QUIET.items()):
        environment = {**os.environ, **_QUIET, "PYTHONPATH": path.rstrip(os.pathsep)}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=(description or "").strip().splitlines()[0])
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the numbers as JSON")
    form.add_argument("--markdown", action="store_true", help="the tables as Markdown")
    parser.add_argument("--quick", action="store_true", help="few repetitions: does it run?")
    return parser


def median(values: Sequence[float]) -> float:
    return percentile(values, 50)


def percentile(values: Sequence[float], percent: float) -> float:
    """By linear interpolation between the nearest two."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def machine() -> str:
    """The class of this machine, for the reader of a table; not its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{platform.system()} {platform.machine()}, {cores} cores, {_processor()}{python}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, " if names else ""


class Table:
    """Rows of text under a title, with a line or two to say what they mean."""

    def __init__(self, title: str, columns: Sequence[str], note: str = ""):
        self.title, self.columns, self.note = title, list(columns), note
        self.rows: list[list[str]] = []

    def add(self, *cells: object) -> None:
        self.rows.append([c if isinstance(c, str) else number(c) for c in cells])

    def text(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(row[i]) for row in lines) for i in range(len(self.columns))]
        aligned = [
            "  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths)))
            for row in lines
        ]
        rule = "  ".join("-" * w for w in widths)
        shown = [line.rstrip() for line in [aligned[0], rule, *aligned[1:]]]
        return "\n".join([self.title, "", *shown, *([self.note] if self.note else [])])

    def markdown(self) -> str:
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        rows = ["| " + " | ".join(row) + " |" for row in [self.columns, rule, *self.rows]]
        note = ["", self.note] if self.note else []
        return "\n".join([f"### {self.title}", "", *rows, *note])


def number(value: Any) -> str:
    """Three significant digits, as people write them."""
    if not isinstance(value, float):
        return str(value)
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def verdict(value: float, limit: float, unit: str) -> str:
    """A measured value beside its budget."""
    relation = "within" if value <= limit else "OVER"
    return f"{number(value)} {unit}, {relation} the budget of {number(limit)} {unit}"


def show(
    options: argparse.Namespace, tables: Sequence[Table], lines: Sequence[str], data: Any
) -> None:
    """Print what was measured in the form that was asked for."""
    if options.json:
        print(json.dumps({"machine": machine(), **data}, indent=2))
    elif options.markdown:
        bullets = "\n".join(f"- {line}" for line in lines)
        print("\n\n".join([f"Measured on: {machine()}.", *(t.markdown() for t in tables), bullets]))
    else:
        print("\n\n".join([machine(), *(t.text() for t in tables), "\n".join(lines)]))

#!/usr/bin/env python3
"""Runs the marked code of the guide and the README, and shows below it what it prints now.

python tools/guide.py README.md   # to look at, and for the test
python tools/guide.py --write     # into both files
"""

from __future__ import annotations

import contextlib
import io
import linecache
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "docs/guide.md")
sys.path.insert(0, str(ROOT / "engine"))

_BLOCK = re.compile(
    r"(<!-- runs -->\n```python\n)(.*?)"
    r"(^```\n(?:(?!```).)*?<!-- prints -->\n```\w+\n)(.*?)(^```\n)",
    re.S | re.M,
)


def updated(document: str) -> str:
    """The document with what each block prints, run one after the other."""
    namespace: dict[str, Any] = {"__name__": "document"}

    def run(match: re.Match[str]) -> str:
        before, code, between, _, after = match.groups()
        name = f"the code after line {document.count(chr(10), 0, match.start()) + 2}"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(code, name, "exec"), namespace)
        return f"{before}{code}{between}{output.getvalue().strip()}\n{after}"

    return _BLOCK.sub(run, document)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    writing = arguments == ["--write"]
    for name in DOCUMENTS if writing else arguments:
        text = updated((ROOT / name).read_text(encoding="utf-8"))
        if writing:
            (ROOT / name).write_text(text, encoding="utf-8")
        else:
            sys.stdout.write(text)

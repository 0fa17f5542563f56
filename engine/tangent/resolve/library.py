"""The source of functions of libraries that are differentiated through one.

A rule is a formula; a function without one is defined in terms of others, in modules of
`tangent.runtime` that are read here as text, like a user's.
"""

from __future__ import annotations

import os
from functools import cache

from tangent.resolve.static import Sources, read_file
from tangent.resolve.symbols import FunctionSource
from tangent.rules import registry

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@cache
def _sources() -> Sources:
    return Sources()


@cache
def library_source(dotted: str, keywords: tuple[str, ...] = ()) -> FunctionSource | None:
    """The definition through which a library's function is differentiated when it is called with
    these keyword arguments, if it has one."""
    source = registry.source_of(dotted, keywords)
    if source is None:
        return None
    path = os.path.join(_PACKAGE, *source.module.split(".")[1:]) + ".py"
    text = read_file(path)
    assert text is not None, path
    function = _sources().function(_sources().module_for_path(path, text), source.function)
    _names.setdefault(function, source.name)
    return function


_names: dict[FunctionSource, str] = {}


def library_name(function: FunctionSource) -> str | None:
    """The library's function that a definition stands for."""
    return _names.get(function)

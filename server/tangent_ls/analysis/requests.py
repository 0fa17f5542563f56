"""Which derivatives a file asks for itself: ``tangent.grad(f)``, ``# tangent: wrt=w``."""

from __future__ import annotations

import re

from tangent.diagnostics import DerivativeError
from tangent.source.outline import API, Request, derivative_requests, directives, outline
from tangent.source.parse import parse_module
from tangent.source.text import SourceText
from tangent_ls.analysis.files import Function, ParsedFile
from tangent_ls.analysis.uris import DerivativeId, Wrt

_FORWARD = ("jvp",)


def requested(file: ParsedFile) -> tuple[DerivativeId, ...]:
    """The derivatives that a file asks for, in the order of the text, each once."""
    text = file.snapshot.text
    if "tangent" not in text:
        return ()
    source = SourceText(_reduced(file), file.snapshot.path)
    try:
        requests = derivative_requests(source, parse_module(source))
        if "tangent:" in text:
            requests += directives(source, outline(source))
    except DerivativeError:
        return ()
    found = dict[DerivativeId, None]()
    for request in requests:
        function = file.find(request.qualname)
        negative = any(isinstance(w, int) and w < 0 for w in request.wrt or ())  # no such argument
        if function is not None and not negative:
            found[_identity(file, function, request)] = None
    return tuple(found)


def _identity(file: ParsedFile, function: Function, request: Request) -> DerivativeId:
    mode = request.mode or ("forward" if request.api in _FORWARD else "reverse")
    if mode not in ("forward", "reverse"):
        mode = "reverse"
    return DerivativeId(
        file.snapshot.uri, function.qualname, mode, canonical_wrt(function, request.wrt or ())
    )


def canonical_wrt(function: Function | None, wrt: Wrt) -> Wrt:
    """Indices as names where the function has them; the plain default as nothing at all.

    Without a choice a method is taken with respect to what follows ``self``.
    """
    if function is None:
        return wrt
    parameters = function.parameters
    if not wrt:
        return parameters[1:2] if function.method else ()
    names: Wrt = tuple(
        parameters[w] if isinstance(w, int) and 0 <= w < len(parameters) else w for w in wrt
    )
    return () if names == parameters[:1] else names


def _reduced(file: ParsedFile) -> str:
    """The text with the bodies of functions that cannot ask for anything left out.

    Every line keeps its number. The engine's tree of a large file takes long to make.
    """
    aliases = [local for name, local in file.imported.items() if name.startswith("tangent.")]
    asks = re.compile(rf"\b(?:{'|'.join(map(re.escape, (*API, *aliases)))})\b")
    lines = list(file.snapshot.source.lines)
    for unit in file.units.values():
        start = unit.body_line
        if start == unit.line or lines[start - 1].lstrip()[:1] in (")", "]", "}"):
            continue  # the body starts on a line of the header
        if asks.search("\n".join(lines[start - 1 : unit.end_line])):
            continue
        indent = lines[start - 1][: len(lines[start - 1]) - len(lines[start - 1].lstrip())]
        lines[start - 1 : unit.end_line] = [
            indent + "pass",
            *[""] * (unit.end_line - start),
        ]
    return "\n".join(lines)

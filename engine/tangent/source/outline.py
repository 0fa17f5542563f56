"""The functions of a file, and which derivatives it asks for; also while it does not parse.

A file that does not parse as a whole is cut at its top-level statements, and a class that
does not parse at its members; each piece is parsed alone. What remains broken is listed by
its headers and blanked out for everybody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gast

from tangent.diagnostics import DerivativeError
from tangent.source.parse import (
    Definition,
    definitions,
    header_span,
    name_span,
    parse_module,
)
from tangent.source.text import SourceText, Span


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a file."""

    qualname: str  # dotted: "f", "Class.method", "outer.inner"
    span: Span  # the whole definition, decorators included
    name_span: Span
    header_span: Span  # from ``def`` up to, not including, the colon
    nested: bool  # inside another function
    method: bool  # directly inside a class
    broken: bool = False  # its text does not parse; the spans are those of its header

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Outline:
    """The functions of a file in source order, and the line ranges that do not parse."""

    functions: tuple[Function, ...]
    parses: bool
    broken: tuple[tuple[int, int], ...] = ()  # first and last line, both included

    def at(self, line: int, column: int = 0) -> Function | None:
        """The innermost function around a position; on a decorator, the function it decorates."""
        around = [f for f in self.functions if f.span.line <= line <= f.span.end_line]
        inside = [f for f in around if f.span.contains(line, column)] or around
        return max(inside, key=lambda f: (f.span.line, -f.span.end_line), default=None)

    def named(self, qualname: str) -> Function | None:
        """The function of this name (the last one, as in Python)."""
        dotted = qualname.replace(".<locals>", "")
        return next((f for f in reversed(self.functions) if f.qualname == dotted), None)


def outline(source: SourceText) -> Outline:
    """The outline of a file, whether it parses or not."""
    try:
        tree = parse_module(source)
    except DerivativeError:
        functions: list[Function] = []
        broken: list[tuple[int, int]] = []
        for piece in _pieces(source):
            functions += piece.functions
            broken += piece.broken
        return Outline(tuple(functions), False, tuple(broken))
    return Outline(tuple(_functions(source, tree.body)), True)


def recoverable_text(source: SourceText) -> str:
    """The text with its broken parts blanked out: it parses, and every line keeps its number."""
    try:
        parse_module(source)
        return source.text
    except DerivativeError:
        pass
    broken = [span for piece in _pieces(source) for span in piece.broken]
    text = _blanked(source, broken)
    try:
        parse_module(SourceText(text))
        return text
    except DerivativeError:  # pieces that parse alone and not together
        return _blanked(source, [(1, len(source.lines))])


def _blanked(source: SourceText, ranges: Sequence[tuple[int, int]]) -> str:
    text = source.text
    parts: list[str] = []
    done = 0
    for first, last in ranges:
        for number in range(first, last + 1):
            start = source.offset(number, 0)
            end = start + len(source.line(number))
            parts.append(text[done:start])
            # A carriage return and the line feed after an emptied line would be one line end.
            if start < end and text[start - 1 : start] == "\r" and text[end : end + 1] == "\n":
                parts.append(" ")
            done = end
    return "".join([*parts, text[done:]])


def _functions(
    source: SourceText, body: Sequence[Any], prefix: str = "", scope: str = "module"
) -> Iterator[Function]:
    for item in definitions(body):
        node = item.node
        if isinstance(item, Definition):
            qualname = prefix + item.name
            # An assigned lambda is shown by its whole assignment.
            whole = item.parents[-1] if isinstance(node, gast.Lambda) else node
            span = source.span_of(whole)
            decorators = getattr(node, "decorator_list", ())
            if decorators:
                first = source.span_of(decorators[0])
                span = Span(first.line, max(first.column - 1, 0), span.end_line, span.end_column)
            name, header = name_span(source, node), header_span(source, node)
            if isinstance(node, gast.Lambda):
                name = Span(span.line, span.column, span.line, span.column + len(item.name))
            yield Function(qualname, span, name, header, scope == "function", scope == "class")
        else:
            qualname = prefix + node.name
        if isinstance(node.body, list):
            inside = "function" if isinstance(item, Definition) else "class"
            yield from _functions(source, node.body, qualname + ".", inside)


# --- files that do not parse ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    functions: tuple[Function, ...]
    broken: tuple[tuple[int, int], ...]


_STRONG_START = re.compile(r"(?:async[ \t]+def|def|class)[ \t]+\w|@[ \t]*\w")
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]|#")
_HEADER = re.compile(r"([ \t\f]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_TOKEN = re.compile(
    r"#.*|(?P<triple>\"\"\"|''')|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])|(?P<joined>\\$)|\\."
)


def _pieces(source: SourceText) -> Iterator[_Piece]:
    """The file, cut at its top-level statements."""
    lines = source.lines
    for first, last in _cut(lines, 1, len(lines), ""):
        if (functions := _parsed(source, first, last)) is not None:
            yield _Piece(functions, ())
            continue
        # An open bracket or string may have swallowed what follows: cut at every header, and
        # where an indented block ends.
        bounds = [first]
        decorated = indented = False
        for number in range(first, last + 1):
            text = lines[number - 1]
            strong = _STRONG_START.match(text) is not None
            ended = indented and re.match(r"\w", text) and not _CONTINUES.match(text)
            if (strong or ended) and not decorated and number > first:
                bounds.append(number)
            decorated = strong and text.startswith("@")
            indented = text[:1] in (" ", "\t") if text.strip() else indented
        for start, end in zip(bounds, [*(b - 1 for b in bounds[1:]), last], strict=True):
            yield _broken_or_not(source, start, end)


def _broken_or_not(source: SourceText, first: int, last: int) -> _Piece:
    if (functions := _parsed(source, first, last)) is not None:
        return _Piece(functions, ())
    if (piece := _class_piece(source, first, last)) is not None:
        return piece
    last = _without_trailing_comments(source, first, last)
    return _Piece(tuple(_headers(source, first, last)), ((first, last),))


def _without_trailing_comments(source: SourceText, first: int, last: int) -> int:
    """Comments after a broken part may belong to the function below it."""
    while last > first and re.match(r"[ \t\f]*(#|$)", source.line(last)):
        last -= 1
    return last


def _text_of(source: SourceText, first: int, last: int) -> str:
    return source.text[source.offset(first, 0) : source.offset(last, len(source.line(last)))]


def _parsed(source: SourceText, first: int, last: int) -> tuple[Function, ...] | None:
    """The functions of a range of lines; None if it does not parse."""
    part = SourceText(_text_of(source, first, last))
    if first > 1 and part.text.startswith("\ufeff"):  # a byte order mark only at the start
        return None
    try:
        tree = parse_module(part)
    except DerivativeError:
        return None
    return tuple(_moved(f, first - 1) for f in _functions(part, tree.body))


def _moved(function: Function, lines: int) -> Function:
    return Function(
        function.qualname,
        function.span.shifted(lines),
        function.name_span.shifted(lines),
        function.header_span.shifted(lines),
        function.nested,
        function.method,
        function.broken,
    )


def _class_piece(source: SourceText, first: int, last: int) -> _Piece | None:
    """A class with broken members: the others live on. None if that does not help."""
    lines = source.lines
    header = next((n for n in range(first, last + 1) if not lines[n - 1].startswith("@")), first)
    if not lines[header - 1].startswith("class"):
        return None
    numbers = range(header + 1, last + 1)
    start = next((n for n in numbers if re.match(r"[ \t]+[^ \t#]", lines[n - 1])), None)
    if start is None:
        return None
    match = re.match(r"[ \t]+", lines[start - 1])
    assert match is not None
    broken: list[tuple[int, int]] = []
    for begin, end in _cut(lines, start, last, match.group()):
        member = SourceText("if True:\n" + _text_of(source, begin, end))
        try:
            parse_module(member)
        except DerivativeError:
            broken.append((begin, _without_trailing_comments(source, begin, end)))
    blanked = _blanked(source, broken)
    whole = SourceText(blanked, source.path)
    functions = _parsed(whole, first, last)
    if functions is None:
        return None
    name = re.match(r"class[ \t]+(\w+)", lines[header - 1])
    prefix = f"{name.group(1)}." if name else ""
    listed = [*functions]
    for begin, end in broken:
        listed += _headers(source, begin, end, prefix)
    listed.sort(key=lambda f: f.span)
    return _Piece(tuple(listed), tuple(broken))


def _headers(source: SourceText, first: int, last: int, prefix: str = "") -> Iterator[Function]:
    """The functions of broken text, by their ``def`` lines."""
    enclosing: list[tuple[int, str, str]] = []  # indentation, kind, name
    base = "class" if prefix else "module"
    for number in range(first, last + 1):
        text = source.line(number)
        match = _HEADER.match(text)
        if match is None:
            continue
        indent, kind, name = match.groups()
        while enclosing and enclosing[-1][0] >= len(indent):
            enclosing.pop()
        scope = enclosing[-1][1] if enclosing else base
        if kind == "def":
            qualname = prefix + ".".join([*(e[2] for e in enclosing), name])
            header = Span(number, len(indent), number, len(text.rstrip()))
            named = Span(number, match.start(3), number, match.end(3))
            yield Function(
                qualname, header, named, header, scope == "def", scope == "class", broken=True
            )
        enclosing.append((len(indent), kind, name))


def _cut(lines: Sequence[str], first: int, last: int, indent: str) -> list[tuple[int, int]]:
    """The line ranges of the statements at one indentation, from line ``first`` on."""
    starts: list[int] = []
    depth, joined, decorated = 0, False, False
    number = first
    while number <= last:
        text = lines[number - 1].lstrip("\f\ufeff") if not indent else lines[number - 1]
        rest = text[len(indent) :] if text.startswith(indent) else ""
        if rest and not rest[0].isspace():
            strong = _STRONG_START.match(rest) is not None
            free = not depth and not joined and not _CONTINUES.match(rest)
            if strong:  # no bracket reaches over a definition
                depth = 0
            if (strong or free) and not decorated:
                starts.append(number)
            if strong or free:
                decorated = rest.startswith("@")
        number, depth, joined = _after_line(lines, number, last, depth)
    if not starts or starts[0] > first:
        starts.insert(0, first)
    return list(zip(starts, [*(s - 1 for s in starts[1:]), last], strict=True))


def _after_line(lines: Sequence[str], number: int, last: int, depth: int) -> tuple[int, int, bool]:
    """The next line that starts outside a string, the bracket depth there, and whether it
    continues the line before."""
    text, position, joined = lines[number - 1], 0, False
    while match := _TOKEN.search(text, position):
        position = match.end()
        if match["open"]:
            depth += 1
        elif match["close"]:
            depth = max(0, depth - 1)
        elif match["joined"] is not None:
            joined = True
        elif quote := match["triple"]:
            end = _closing(lines, number, position, last, quote)
            if end is None:  # never closed: taken to end with its line
                break
            number, position = end
            text = lines[number - 1]
    return number + 1, depth, joined


def _closing(
    lines: Sequence[str], number: int, position: int, last: int, quote: str
) -> tuple[int, int] | None:
    """Line and column after the end of a triple-quoted string."""
    pattern = re.compile(rf"\\.|{quote}")
    while number <= last:
        for match in pattern.finditer(lines[number - 1], position):
            if match.group() == quote:
                return number, match.end()
        number, position = number + 1, 0
    return None


# --- which derivatives a file asks for -----------------------------------------------------

API = ("grad", "autodiff", "vjp", "jvp", "value_and_grad", "hessian", "hvp", "jacobian")


@dataclass(frozen=True, slots=True)
class Request:
    """A derivative that the file asks for, by a call of the API, a decorator or a comment."""

    qualname: str  # of the function, dotted
    api: str  # one of `API`, or "comment"
    wrt: tuple[int | str, ...] | None  # None for the default
    mode: str | None  # None for the default
    span: Span  # of the call, the decorator or the comment
    literal: bool = True  # whether the text says all of `wrt` and `mode`


def derivative_requests(source: SourceText, tree: gast.Module) -> list[Request]:
    """The calls of ``tangent.grad`` and its sisters on functions of this file, in order."""
    if "tangent" not in source.text:
        return []
    modules: set[str] = set()
    names: dict[str, str] = {}
    for node in gast.walk(tree):
        if isinstance(node, gast.Import):
            modules.update(a.asname or a.name for a in node.names if a.name == "tangent")
        elif isinstance(node, gast.ImportFrom) and node.module == "tangent" and not node.level:
            for alias in node.names:
                if alias.name == "*":
                    names.update((n, n) for n in API)
                elif alias.name in API:
                    names[alias.asname or alias.name] = alias.name
    if not modules and not names:
        return []

    def api_name(node: Any) -> str | None:
        if isinstance(node, gast.Name):
            return names.get(node.id)
        if isinstance(node, gast.Attribute) and isinstance(node.value, gast.Name):
            return node.attr if node.value.id in modules and node.attr in API else None
        return None

    found: list[Request] = []

    def visit(node: Any, prefix: str, scopes: tuple[dict[str, str], ...]) -> None:
        if isinstance(node, gast.Call) and (api := api_name(node.func)) and node.args:
            qualname = _function_named(node.args[0], scopes)
            if qualname is not None:
                found.append(_request(source, qualname, api, node, node.args[1:2]))
        if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)):
            qualname = prefix + node.name
            for decorator in node.decorator_list:
                called = isinstance(decorator, gast.Call)
                api = api_name(decorator.func if called else decorator)
                bare = not called or not decorator.args
                if api and bare and not isinstance(node, gast.ClassDef):
                    found.append(_request(source, qualname, api, decorator, []))
                visit(decorator, prefix, scopes)
            inside = {n: f"{qualname}.{q}" for n, q in _names_of(node.body).items()}
            # The names of a class are no scope of its methods.
            seen = scopes if isinstance(node, gast.ClassDef) else (*scopes, inside)
            for child in node.body:
                visit(child, qualname + ".", seen)
            return
        for child in gast.iter_child_nodes(node):
            visit(child, prefix, scopes)

    visit(tree, "", (_names_of(tree.body),))
    return found


def _names_of(body: Sequence[Any], prefix: str = "") -> dict[str, str]:
    """The functions of a scope by the names they are used by: ``f``, ``Class.method``."""
    names: dict[str, str] = {}
    for item in definitions(body):
        if isinstance(item, Definition):
            names[prefix + item.name] = prefix + item.name
        else:
            names.update(_names_of(item.node.body, f"{prefix}{item.node.name}."))
    return names


def _function_named(node: Any, scopes: Sequence[dict[str, str]]) -> str | None:
    parts: list[str] = []
    while isinstance(node, gast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, gast.Name):
        return None
    name = ".".join([node.id, *reversed(parts)])
    return next((s[name] for s in reversed(scopes) if name in s), None)


def _request(
    source: SourceText, qualname: str, api: str, node: Any, positional: Sequence[Any]
) -> Request:
    keywords = {k.arg: k.value for k in getattr(node, "keywords", ())}
    given = keywords.get("wrt", positional[0] if positional else None)
    literal = None not in keywords  # ``**options`` may say anything
    wrt: tuple[int | str, ...] | None = None
    if given is not None:
        value = _literal(given)
        values = value if isinstance(value, (tuple, list)) else (value,)
        wrt = tuple(v for v in values if isinstance(v, (int, str)))
        if len(wrt) != len(values) or not wrt:
            wrt, literal = None, False
    mode: str | None = None
    if "mode" in keywords:
        value = _literal(keywords["mode"])
        mode = value if isinstance(value, str) else None
        literal = literal and mode is not None
    return Request(qualname, api, wrt, mode, source.span_of(node), literal)


def _literal(node: Any) -> object:
    try:
        return gast.literal_eval(node)
    except (ValueError, TypeError):
        return None


_DIRECTIVE = re.compile(r"#[ \t]*tangent:(?P<options>.*)")


def directives(source: SourceText, functions: Outline) -> list[Request]:
    """The comments ``# tangent: wrt=w1,b1 mode=forward`` directly above a function or on its
    ``def`` line."""
    found: list[Request] = []
    for function in functions.functions:
        header = function.header_span
        places = [(header.end_line, header.end_column)]
        if function.span.line > 1 and source.line(function.span.line - 1).lstrip().startswith("#"):
            places.insert(0, (function.span.line - 1, 0))
        for line, column in places:
            match = _DIRECTIVE.search(source.line(line), column)
            if match is not None:
                found.append(_directive(function.qualname, line, match))
                break
    return found


def _directive(qualname: str, line: int, match: re.Match[str]) -> Request:
    options = dict(re.findall(r"(\w+)[ \t]*=[ \t]*([\w,-]+)", match["options"]))
    wrt: tuple[int | str, ...] | None = None
    if "wrt" in options:
        names = [n for n in options["wrt"].split(",") if n]
        wrt = tuple(int(n) if re.fullmatch(r"-?\d+", n) else n for n in names)
    understood = set(options) <= {"wrt", "mode"}
    span = Span(line, match.start(), line, match.end())
    return Request(qualname, "comment", wrt, options.get("mode"), span, understood)

"""``textDocument/hover``: the other side of a line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from lsprotocol import types as lsp

from tangent_ls.analysis import uris
from tangent_ls.analysis.links import counterpart_at, origin_at, text_of
from tangent_ls.analysis.view import View
from tangent_ls.convert import to_place, to_range
from tangent_ls.features.commands import Kind, client_id, jump_arguments
from tangent_ls.server import TangentServer

_MAX_LINES = 12
_PATIENCE = 0.5


def register(server: TangentServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hover(ls: TangentServer, params: lsp.HoverParams) -> lsp.Hover | None:
        uri = params.text_document.uri
        identity = ls.presenter.identity(uri)
        if identity is not None:
            view = await ls.scheduler.fresh(identity, _PATIENCE)
            return in_derivative(ls, view, params.position)
        snapshot = ls.host.documents.get(uri)
        if snapshot is None:
            return None
        line, _ = to_place(snapshot.source, params.position, ls.encoding)
        identity = ls.host.derivative_at(uri, line)
        if identity is None:
            return None
        return in_source(ls, await ls.scheduler.fresh(identity, _PATIENCE), params.position)


def in_source(server: TangentServer, view: View, position: lsp.Position) -> lsp.Hover | None:
    """The adjoint lines of the primal line."""
    if view.source is None:
        return None
    line, _ = to_place(view.source.source, position, server.encoding)
    found = counterpart_at(view, line)
    if found is None:
        return None
    lines = list(found.lines[:_MAX_LINES])
    if len(found.lines) > _MAX_LINES:
        lines[-1] = f"# … {len(found.lines) - _MAX_LINES + 1} more lines"
    note = f"derivative of `{view.identity.function}`"
    if view.state.kind != "fresh":
        note += ", stale"
    link = _link(
        server, "adjoint", f"line {found.generated.line}", view, found.generated, found.primal
    )
    return lsp.Hover(
        _markup(server, lines, f"{link} of the {note}"),
        to_range(view.source.source, found.primal, server.encoding),
    )


def in_derivative(server: TangentServer, view: View, position: lsp.Position) -> lsp.Hover | None:
    """The primal line of the generated line."""
    line, column = to_place(view.content, position, server.encoding)
    origin = origin_at(view, line, column)
    source = None if origin is None else server.source_text(origin.path)
    if origin is None or source is None or origin.primal.end_line > len(source.lines):
        return None
    lines = text_of(source, origin.primal).split("\n")[:_MAX_LINES]
    where = f"line {origin.primal.line}"
    link = _link(server, "primal", where, view, origin.generated, origin.primal, origin.path)
    name = uris.name_of(uris.of_path(origin.path))
    return lsp.Hover(
        _markup(server, lines, f"{link} of `{name}`"),
        to_range(view.content, origin.generated, server.encoding),
    )


def _link(
    server: TangentServer,
    kind: Kind,
    title: str,
    view: View,
    *where: object,
) -> str:
    command = client_id(kind)
    if not (
        server.client.hover_markdown
        and server.client.hover_commands
        and command in server.client.commands
    ):
        return title
    arguments = json.dumps(jump_arguments(server, view, *where))  # type: ignore[arg-type]
    return f"[{title}](command:{command}?{quote(arguments, safe='')})"


def _markup(server: TangentServer, lines: Sequence[str], note: str) -> lsp.MarkupContent:
    code = "\n".join(lines)
    if not server.client.hover_markdown:
        plain = note.replace("`", "")
        return lsp.MarkupContent(lsp.MarkupKind.PlainText, f"{code}\n\n{plain}")
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return lsp.MarkupContent(lsp.MarkupKind.Markdown, f"{fence}python\n{code}\n{fence}\n{note}")

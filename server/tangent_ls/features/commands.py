"""``workspace/executeCommand``, and the commands that other answers carry.

Server and client have ids of their own (``docs/protocol.md``); arguments are the same.
"""

from __future__ import annotations

from typing import Any, Literal

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from tangent.source.text import SourceText, Span
from tangent_ls.analysis.uris import DerivativeId, Wrt
from tangent_ls.analysis.view import View
from tangent_ls.convert import position_from_json, range_from_json, range_json, to_range
from tangent_ls.server import TangentServer

Kind = Literal["show", "adjoint", "primal"]

SHOW_DERIVATIVE = "tangent.server.showDerivative"
SHOW_ADJOINT = "tangent.server.showAdjoint"
SHOW_PRIMAL = "tangent.server.showPrimal"

_IDS: dict[Kind, tuple[str, str]] = {
    "show": (SHOW_DERIVATIVE, "tangent.showDerivative"),
    "adjoint": (SHOW_ADJOINT, "tangent.goToAdjoint"),
    "primal": (SHOW_PRIMAL, "tangent.goToPrimal"),
}

_PATIENCE = 2.0


def client_id(kind: Kind) -> str:
    """The id of the client's own command."""
    return _IDS[kind][1]


def make_command(
    server: TangentServer, kind: Kind, title: str, arguments: list[Any]
) -> lsp.Command:
    """A command that this client can run: its own if it has one, else the server's."""
    ours, theirs = _IDS[kind]
    return lsp.Command(
        title, theirs if theirs in server.client.commands else ours, arguments=arguments
    )


def show_arguments(identity: DerivativeId) -> list[Any]:
    """The arguments of `showDerivative`."""
    options: dict[str, Any] = {"mode": identity.mode}
    if identity.wrt:
        options["wrt"] = list(identity.wrt)
    return [identity.source, identity.function, options]


def jump_arguments(
    server: TangentServer, view: View, generated: Span, primal: Span, path: str | None = None
) -> list[Any]:
    """The arguments of the two jumps. `path` is where the primal code is, by default in the
    view's source."""
    source: SourceText | None = view.source.source if view.source is not None else None
    uri = view.source.uri if view.source is not None else view.identity.source
    if path is not None and (source is None or path != source.path):
        source, uri = server.source_text(path), server.uri_of_path(path)
    primal_range = to_range(source or SourceText(""), primal, server.encoding)
    return [
        server.shown_uri(view.identity),
        range_json(to_range(view.content, generated, server.encoding)),
        uri,
        range_json(primal_range),
    ]


def read_options(options: Any) -> tuple[str | None, Wrt | None]:
    """`mode` and `wrt` of an options object.

    Raises `JsonRpcInvalidParams` for anything that is none.
    """
    if options is None:
        return None, None
    if not isinstance(options, dict):
        raise JsonRpcInvalidParams("options must be an object")
    mode, wrt = options.get("mode"), options.get("wrt")
    if mode not in (None, "reverse", "forward"):
        raise JsonRpcInvalidParams("mode must be 'reverse' or 'forward'")
    if wrt is None:
        return mode, None
    names = wrt if isinstance(wrt, list) else [wrt]
    for name in names:
        index = isinstance(name, int) and not isinstance(name, bool) and name >= 0
        if not index and not (isinstance(name, str) and name.isidentifier()):
            raise JsonRpcInvalidParams("wrt must be names or indices of arguments")
    return mode, tuple(names)


def register(server: TangentServer) -> None:
    @server.command(SHOW_DERIVATIVE)
    async def show_derivative(ls: TangentServer, *arguments: Any) -> str | None:
        uri, function, options = (*arguments, None, None, None)[:3]
        if not isinstance(uri, str):
            raise JsonRpcInvalidParams("expected [uri, function, options?]")
        where = function if isinstance(function, str) else position_from_json(function)
        if where is None:
            raise JsonRpcInvalidParams("function must be a name or a position")
        identity = ls.identity_for(uri, where, *read_options(options))
        if identity is None:
            named = f"no function {function}" if isinstance(function, str) else "no function"
            ls.window_show_message(
                lsp.ShowMessageParams(lsp.MessageType.Warning, f"Tangent: there is {named} here.")
            )
            return None
        view = await ls.scheduler.fresh(identity, _PATIENCE)
        return await ls.presenter.show(view)

    @server.command(SHOW_ADJOINT)
    async def show_adjoint(ls: TangentServer, *arguments: Any) -> str | None:
        derivative, generated, _, _ = _jump(arguments)
        identity = ls.presenter.identity(derivative)
        if identity is None:
            return None
        view = await ls.scheduler.fresh(identity, _PATIENCE)
        return await ls.presenter.show(view, generated, take_focus=True)

    @server.command(SHOW_PRIMAL)
    async def show_primal(ls: TangentServer, *arguments: Any) -> str | None:
        _, _, source, primal = _jump(arguments)
        return source if await ls.presenter.open(source, primal, take_focus=True) else None


def _jump(arguments: tuple[Any, ...]) -> tuple[str, lsp.Range, str, lsp.Range]:
    if len(arguments) == 4:
        derivative, generated, source, primal = arguments
        there, here = range_from_json(generated), range_from_json(primal)
        if isinstance(derivative, str) and isinstance(source, str) and there and here:
            return derivative, there, source, here
    raise JsonRpcInvalidParams("expected [derivativeUri, range, sourceUri, primalRange]")

"""``tangent/derivative``, ``tangent/map`` and ``tangent/mapDidChange``: the source map."""

from __future__ import annotations

from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from tangent_ls.analysis.view import View
from tangent_ls.convert import position_from_json, range_json, to_range
from tangent_ls.features.commands import read_options
from tangent_ls.server import TangentServer

_PATIENCE = 2.0


def register(server: TangentServer) -> None:
    @server.feature("tangent/derivative")
    async def derivative(ls: TangentServer, params: Any) -> dict[str, Any] | None:
        document = params.get("textDocument") if isinstance(params, dict) else None
        uri = document.get("uri") if isinstance(document, dict) else None
        if not isinstance(uri, str):
            raise JsonRpcInvalidParams("textDocument.uri is missing")
        where = params.get("function")
        if not isinstance(where, str):
            where = position_from_json(params.get("position"))
        if where is None:
            raise JsonRpcInvalidParams("function and position are missing")
        identity = ls.identity_for(uri, where, *read_options(params.get("options")))
        if identity is None:
            return None
        view = await ls.scheduler.fresh(identity, _PATIENCE)
        return {
            "uri": ls.shown_uri(identity),
            "function": identity.function,
            "sourceVersion": _version(view),
            "generation": view.generation,
            "state": state(view),
            "map": line_map(ls, view),
        }

    @server.feature("tangent/map")
    async def map_of(ls: TangentServer, params: Any) -> dict[str, Any] | None:
        uri = params.get("uri") if isinstance(params, dict) else None
        if not isinstance(uri, str):
            raise JsonRpcInvalidParams("uri is missing")
        identity = ls.presenter.identity(uri)
        if identity is None:
            return None
        return line_map(ls, await ls.scheduler.fresh(identity, _PATIENCE))


def map_change(server: TangentServer, view: View) -> dict[str, Any]:
    """The params of ``tangent/mapDidChange``."""
    return {
        "uri": server.shown_uri(view.identity),
        "sourceUri": _source_uri(view),
        "sourceVersion": _version(view),
        "generation": view.generation,
        "state": state(view),
        "map": line_map(server, view),
    }


def state(view: View) -> dict[str, str]:
    if view.state.kind == "fresh":
        return {"kind": "fresh"}
    return {"kind": view.state.kind, "reason": view.state.reason}


def line_map(server: TangentServer, view: View) -> dict[str, Any]:
    """The source map in the protocol's positions."""
    links: list[dict[str, Any]] = []
    own = view.source
    for link in view.links:
        source = own.source if own is not None and link.path == own.path else None
        source = source or server.source_text(link.path)
        if source is None:
            continue
        links.append(
            {
                "role": link.role.value,
                "uri": own.uri
                if own is not None and link.path == own.path
                else server.uri_of_path(link.path),
                "primal": range_json(to_range(source, link.primal, server.encoding)),
                "generated": [
                    range_json(to_range(view.content, span, server.encoding))
                    for span in link.generated
                ],
            }
        )
    return {
        "v": 1,
        "sourceUri": _source_uri(view),
        "sourceVersion": _version(view),
        "derivativeUri": server.shown_uri(view.identity),
        "generation": view.generation,
        "links": links,
    }


def _source_uri(view: View) -> str:
    return view.source.uri if view.source is not None else view.identity.source


def _version(view: View) -> int | None:
    return view.source.version if view.source is not None else None

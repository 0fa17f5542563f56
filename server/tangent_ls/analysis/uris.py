"""URIs of sources and of derivative documents (the forms are in ``docs/protocol.md``)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

SCHEME = "tangent-derivative"

Wrt = tuple[str | int, ...]

_SUFFIX = ".grad.py"
_SAFE = "-._~<>"  # unreserved, and `<locals>`, which every client leaves alone when decoded
_MODES = ("reverse", "forward")
_DRIVE = re.compile(r"^/?([A-Za-z]):(?=/|$)")
_ARGUMENT = re.compile(r"[^\W\d]\w*|\d+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class DerivativeId:
    """Which derivative: of which function of which document, with which options.

    An empty `wrt` is the engine's default, the first argument.
    """

    source: str  # the URI of the source
    function: str  # its qualified name
    mode: str = "reverse"
    wrt: Wrt = ()

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two ids of the same derivative, however the URI is written."""
        return (key(self.source), self.function, self.mode, self.wrt)


def key(uri: str) -> str:
    """A form in which two ways of writing one URI are equal."""
    scheme, colon, rest = uri.partition(":")
    decoded = unquote(rest)
    if scheme.lower() == "file" and decoded.startswith("//localhost/"):
        decoded = decoded[len("//localhost") :]
    if decoded.startswith("///"):  # an empty authority is none
        decoded = decoded[2:]
    if scheme.lower() == "file" and _DRIVE.match(decoded):  # on Windows case says nothing
        decoded = decoded.lower()
    return f"{scheme.lower()}{colon}{decoded}"


def is_file(uri: str) -> bool:
    return uri[:5].lower() == "file:"


def is_derivative(uri: str) -> bool:
    return uri.partition(":")[0].lower() == SCHEME


def path_of(uri: str) -> str:
    """The path by which the engine knows a document: a file's path, else the URI itself."""
    if not is_file(uri):
        return uri
    parts = urlsplit(uri)
    path = unquote(parts.path)
    if parts.netloc and parts.netloc != "localhost":
        path = f"//{unquote(parts.netloc)}{path}"
    if os.name == "nt":
        path = path.lstrip("/") if _DRIVE.match(path) else path
        path = path.replace("/", "\\")
    return path


def of_path(path: str) -> str:
    """The URI of a file's path (a URI is left as it is)."""
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", path):  # two letters at least: `c:` is a drive
        return path
    path = path.replace("\\", "/") if os.name == "nt" else path
    if path.startswith("//"):
        return "file:" + quote(path)
    return "file://" + quote(path if path.startswith("/") else "/" + path)


def name_of(uri: str) -> str:
    """The last segment of a document's path, for people: ``model.py``."""
    path = re.split(r"[?#]", uri.partition(":")[2], maxsplit=1)[0]
    return unquote(path.rstrip("/").rpartition("/")[2]) or uri


def format_derivative(identity: DerivativeId) -> str:
    """The URI of a derivative document."""
    scheme, _, rest = identity.source.partition(":")
    rest, hash_, fragment = rest.partition("#")
    rest, question, query = rest.partition("?")
    authority = ""
    if rest.startswith("//"):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
    segments = [unquote(s) for s in rest.split("/")]
    if rest.startswith("/"):
        segments = segments[1:]
        if authority or segments[0][:1] in ("~", "@"):
            segments.insert(0, "@" + unquote(authority))
    else:
        segments.insert(0, "~")
    if question:
        segments.append("?" + unquote(query))
    if hash_:
        segments.append("#" + unquote(fragment))
    options = identity.mode
    if identity.wrt:
        options += "." + "-".join(str(argument) for argument in identity.wrt)
    segments += ["-", options, identity.function + _SUFFIX]
    return f"{SCHEME}://{scheme.lower()}/" + "/".join(quote(s, safe=_SAFE) for s in segments)


def parse_derivative(uri: str) -> DerivativeId | None:
    """The derivative that a URI names; None if it is none of ours or is malformed."""
    if not is_derivative(uri):
        return None
    rest = uri.partition(":")[2]
    if not rest.startswith("//"):
        return None
    scheme, slash, path = rest[2:].partition("/")
    segments = [unquote(s) for s in path.split("/")]
    if not scheme or not slash or len(segments) < 4 or segments[-3] != "-":
        return None
    *source, _, options, last = segments
    mode, _, wrt = options.partition(".")
    if mode not in _MODES or not last.endswith(_SUFFIX) or last == _SUFFIX:
        return None
    arguments = wrt.split("-") if wrt else []
    if not all(_ARGUMENT.fullmatch(a) for a in arguments):
        return None
    fragment = query = ""
    if source and source[-1].startswith("#"):
        fragment = "#" + quote(source.pop()[1:])
    if source and source[-1].startswith("?"):
        query = "?" + quote(source.pop()[1:], safe="=&/")
    if not source:
        return None
    if source[0] == "~":
        start = f"{scheme}:"
        source = source[1:]
    elif source[0].startswith("@"):
        start = f"{scheme}://{quote(source[0][1:])}/"
        source = source[1:]
    else:
        start = "file:///" if scheme == "file" else f"{scheme}:/"
    return DerivativeId(
        start + "/".join(quote(s) for s in source) + query + fragment,
        last[: -len(_SUFFIX)],
        mode,
        tuple(int(a) if a.isdigit() else a for a in arguments),
    )

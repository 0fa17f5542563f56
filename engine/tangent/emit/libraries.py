"""How derivative code names what it calls: as the primal's module does where that is possible,
with import lines of its own where not."""

from __future__ import annotations

from collections.abc import Callable

from tangent.resolve.symbols import Library, ModuleSource

_SHORT = {"numpy": "np", "tensorflow": "tf"}


class Libraries:
    """Names for dotted names in one module; collects the imports that are missing there."""

    def __init__(self, module: ModuleSource, taken: Callable[[str], bool]):
        self._module = module
        self._taken = taken
        self._aliases: dict[str, str] = {}
        # Text that was generated before binds its imports in a scope of its own.
        own_scope = module.path.startswith("<tangent ")
        for name, dotted in () if own_scope else module.resolver.aliases():
            if not taken(name) and self._means(name, dotted):
                self._aliases.setdefault(dotted, name)
        self._helpers: dict[str, None] = {}
        self._imports: dict[str, str] = {}
        self._lines: list[str] = []

    def _means(self, name: str, dotted: str) -> bool:
        symbol = self._module.resolver.lookup(name)
        return isinstance(symbol, Library) and symbol.dotted == dotted

    def name(self, dotted: str) -> str:
        """How a library function is written here."""
        first, _, rest = dotted.partition(".")
        if first == "builtins":
            if not self._taken(rest) and self._means(rest, dotted):
                return rest
            return self._imported("builtins", "builtins") + f".{rest}"
        if dotted in self._aliases:
            return self._aliases[dotted]
        if first == "tangent":
            if not self._taken(rest) and (
                not self._module.resolver.is_bound(rest) or self._means(rest, dotted)
            ):
                self._helpers[rest] = None
                return rest
            return self._prefix("tangent") + f".{rest}"
        parts = dotted.split(".")
        for i in range(len(parts) - 1, 0, -1):
            prefix = ".".join(parts[:i])
            if prefix in self._aliases:
                return ".".join([self._aliases[prefix], *parts[i:]])
        return self._prefix(first) + f".{rest}"

    def _prefix(self, library: str) -> str:
        if library in self._aliases:
            return self._aliases[library]
        return self._imported(library, _SHORT.get(library, library))

    def _imported(self, library: str, name: str) -> str:
        if library not in self._imports:
            while self._taken(name) or (
                self._module.resolver.is_bound(name) and not self._means(name, library)
            ):
                name = f"{name}_"
            self._imports[library] = name
        return self._imports[library]

    def add_line(self, line: str) -> None:
        """Adds an import line as it is."""
        self._lines.append(line)

    def lines(self) -> list[str]:
        """The import lines that derivative code needs beside those of the module."""
        out = [
            f"import {library}" if library == name else f"import {library} as {name}"
            for library, name in sorted(self._imports.items())
        ]
        out += [line for line in self._lines if line not in out]
        if self._helpers:
            out.append(f"from tangent import {', '.join(sorted(self._helpers))}")
        return out

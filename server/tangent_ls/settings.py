"""The user's settings (``docs/protocol.md`` lists them)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Values of the wrong type count as absent."""

    function_lenses: bool = True
    line_lenses: bool = True

    @staticmethod
    def of(given: Any) -> Settings:
        """Reads what a client sent: the section itself, or an object with the key `tangent`."""
        section = _object(given)
        section = _object(section.get("tangent", section))
        lens = _object(section.get("codeLens"))
        defaults = Settings()
        return Settings(
            _flag(lens.get("functions"), defaults.function_lenses),
            _flag(lens.get("lines"), defaults.line_lenses),
        )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _flag(value: Any, default: bool) -> bool:
    return value if isinstance(value, bool) else default

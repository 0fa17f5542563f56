"""A language server that shows the derivatives of Python functions while they are written."""

from __future__ import annotations

from tangent import __version__ as __version__

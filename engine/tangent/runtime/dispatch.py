"""TensorFlow values, told by their type's module, so that TensorFlow is imported only if used."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def for_tensors(*values: Any) -> Any:
    """The runtime functions for TensorFlow if any of the values is one of its tensors, else
    None."""
    for value in values:
        if type(value).__module__.startswith("tensorflow"):
            return import_module("tangent.runtime.tensorflow")
    return None

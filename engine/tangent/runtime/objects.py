"""Objects with attributes, as derivatives see them: a type and named fields.

The cotangent of an object is a *shadow* of it: an object of its own type with its own fields,
made without calling ``__init__``. A field that carries no derivative is None in it.
"""

from __future__ import annotations

import enum
import functools
import sys
import types
from typing import Any

import numpy as np

from tangent.runtime.dispatch import for_tensors

_NO_FIELDS = (
    *(type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType),
    *(BaseException, enum.Enum, np.ndarray, np.generic, str, bytes, int, float, complex),
    *(list, tuple, dict, set, frozenset),
)


def fields_of(x: Any) -> dict[str, Any] | None:
    """The fields that an object stores, by name; None for what is no object with fields: a
    number, an array, a container, a function, an object of a library."""
    if isinstance(x, _NO_FIELDS):
        names = getattr(x, "_fields", None)  # of a named tuple
        return dict(zip(names, x)) if names is not None and isinstance(x, tuple) else None
    kind = type(x)
    library = kind.__module__.partition(".")[0]
    if kind is not types.SimpleNamespace and library in _LIBRARIES:
        return None
    fields: dict[str, Any] = {}
    for cls in reversed(kind.__mro__):
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(x, name):
                fields[name] = getattr(x, name)
    own = getattr(x, "__dict__", None)
    if own is None and not any("__slots__" in cls.__dict__ for cls in kind.__mro__):
        return None
    return {**fields, **(own or {})}


# Objects of these are tools (a logger, a random generator), not values.
_LIBRARIES = frozenset({*sys.stdlib_module_names, "numpy", "scipy", "tensorflow"}) - {"__main__"}


def with_fields(x: Any, fields: dict[str, Any]) -> Any:
    """An object of the type of ``x`` with these fields."""
    if isinstance(x, tuple):
        return type(x)(*fields.values())
    base: Any = types.SimpleNamespace if isinstance(x, types.SimpleNamespace) else object
    new = base.__new__(type(x))
    for name, value in fields.items():
        object.__setattr__(new, name, value)  # a frozen one too
    return new


def stored(x: Any, name: str) -> Any:
    """The field of an object. Raises ValueError for an attribute that the object does not
    store: one that is computed, like a property."""
    fields = fields_of(x)
    if fields is not None and name in fields:
        return fields[name]
    raise ValueError(
        f"cannot differentiate the attribute `{name}` of an object of type {type(x).__name__}:"
        " it is no field that the object stores; annotate the parameter with its class, or pass"
        " the value in as an argument of its own"
    )


def is_constant(x: Any, name: str) -> bool:
    """Whether an attribute of an object is a plain value of its class: it carries no
    derivative."""
    fields = fields_of(x)
    return (
        fields is not None
        and name not in fields
        and isinstance(_looked_up(type(x), name), (int, float, complex, np.ndarray, np.generic))
    )


def check_method(x: Any, cls: type, name: str) -> None:
    """Checks that ``name`` means the same method (or property) for an object as for ``cls``.

    Raises ValueError if its class has another one: the derivative was made for that of ``cls``.
    """
    kind = x if isinstance(x, type) else type(x)
    if kind is not cls and _looked_up(kind, name) is not _looked_up(cls, name):
        raise ValueError(
            f"cannot differentiate `{name}` of an object of type {kind.__name__}: the"
            f" derivative was made for that of {cls.__name__}, and the class has another one"
        )
    if x is not kind and name in getattr(x, "__dict__", ()):
        raise ValueError(f"cannot differentiate `{name}` of an object that has its own `{name}`")


def _looked_up(cls: type, name: str) -> Any:
    """What a class or the first of its bases has under a name."""
    return next((c.__dict__[name] for c in cls.__mro__ if name in c.__dict__), None)


def blank(cls: type) -> Any:
    """A new object of a class of which ``__init__`` has not run."""
    return object.__new__(cls)


def replaced(x: Any, name: str, value: Any) -> Any:
    """``x`` with another value in a field: the same object, unless it is a named tuple."""
    if isinstance(x, tuple):
        return x._replace(**{name: value})  # type: ignore[attr-defined]
    object.__setattr__(x, name, value)
    return x


def rebuilt(x: Any, elements: Any) -> Any:
    """A list, tuple or named tuple of the same type as ``x``."""
    return type(x)(*elements) if hasattr(x, "_fields") else type(x)(elements)


# A callable object may have fields that carry a derivative; these have none.
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    functools.partial,
    np.ufunc,
)


def zeros_like(x: Any) -> Any:
    """The zero cotangent of ``x``: for integers and integer arrays a floating point zero, for
    lists, tuples, dictionaries and objects with fields one of zeros; None for text, slices,
    types and None, with which no arithmetic is possible, and for other fields that carry no
    derivative.

    Raises TypeError for a value that carries no derivative.
    """
    kind = type(x)
    if kind is float or kind is int or kind is bool:
        return 0.0
    if isinstance(x, np.ndarray):
        if x.dtype.kind in "fc":
            return np.zeros_like(x)
        if x.dtype.kind in "iub":
            return np.zeros(x.shape)
        raise TypeError(f"an array of {x.dtype} carries no derivative")
    if isinstance(x, np.generic) and x.dtype.kind in "fciub":
        return kind(0) if x.dtype.kind in "fc" else 0.0
    if isinstance(x, (list, tuple)):
        return rebuilt(x, [zeros_like(value) for value in x])
    if isinstance(x, dict):
        return {key: zeros_like(value) for key, value in x.items()}
    no_number = x is None or x is Ellipsis or isinstance(x, (str, bytes, slice, type, np.dtype))
    if no_number or isinstance(x, _FUNCTIONS):
        return None
    if isinstance(x, complex):
        return 0j
    if tensors := for_tensors(x):
        return tensors.zeros_like(x)
    if (fields := fields_of(x)) is not None:
        return with_fields(x, {name: _zero_field(x, value) for name, value in fields.items()})
    raise TypeError(f"a value of type {kind.__name__} carries no derivative")


def _zero_field(x: Any, value: Any) -> Any:
    """The zero cotangent of a field of ``x``, None if it carries no derivative."""
    if value is x:
        return None
    try:
        return zeros_like(value)
    except TypeError:
        return None

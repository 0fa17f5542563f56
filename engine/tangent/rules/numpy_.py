"""Rules for NumPy's functions, and for the methods and attributes of its arrays.

Methods whose calling convention is their own have their own rules, under the name
``numpy.ndarray.<method>``: ``reshape`` and ``transpose`` take their shape or axes as one tuple
or as several arguments, so their signature has ``*shape`` and ``*axes``.

Arguments ``out``, ``where`` and ``dtype`` of reductions and ufuncs are in no signature: a call
that uses them is reported.
"""

from __future__ import annotations

from tangent.rules import (  # noqa: F401 - they declare the rules
    numpy_arrangement,
    numpy_calculus,
    numpy_elementwise,
    numpy_fft,
    numpy_linalg,
    numpy_products,
    numpy_reductions,
)
from tangent.rules.declare import (
    attributes,
    cut,
    methods,
    zero_gradient,
)

# --- functions without derivative ------------------------------------------------------------

zero_gradient(
    *(
        f"numpy.{n}"
        for n in (
            *("zeros", "ones", "empty", "eye", "identity", "tri"),
            *("zeros_like", "ones_like", "empty_like", "indices", "ogrid", "mgrid"),
            *(
                "shape",
                "size",
                "ndim",
                "result_type",
                "dtype",
                "finfo",
                "iinfo",
                "broadcast_shapes",
            ),
            *("isnan", "isinf", "isfinite", "isneginf", "isposinf", "iscomplexobj", "isscalar"),
            *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
            *("isclose", "allclose", "array_equal", "signbit"),
            *("all", "any", "logical_and", "logical_or", "logical_not", "logical_xor"),
            *("argsort", "nonzero", "flatnonzero", "count_nonzero", "searchsorted"),
            *(
                "unravel_index",
                "ravel_multi_index",
                "diag_indices",
                "diag_indices_from",
                "tril_indices",
                "triu_indices",
            ),
            *("int8", "int16", "int32", "int64", "uint8", "bool_", "intp"),
        )
    )
)
zero_gradient(
    *(
        f"numpy.{n}"
        for n in (
            *("arange", "argpartition", "argwhere", "array_equiv", "array_repr", "array_str"),
            *("can_cast", "diag_indices_from", "einsum_path", "errstate", "frombuffer"),
            *("histogram", "iscomplex", "isdtype", "isin", "isreal", "isrealobj", "issubdtype"),
            *("iterable", "ix_", "lexsort", "printoptions", "promote_types", "save", "savez"),
            *("tril_indices_from", "triu_indices_from", "union1d", "unique", "unique_all"),
            *("unique_counts", "unique_inverse", "unique_values", "spacing", "nextafter"),
            *("get_printoptions", "set_printoptions", "seterr", "geterr", "may_share_memory"),
            *("shares_memory", "array2string", "format_float_positional", "bitwise_and"),
            *("bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift", "gcd", "lcm"),
            *("fft.fftfreq", "fft.rfftfreq", "linalg.matrix_rank"),
            *("bartlett", "blackman", "hamming", "hanning", "kaiser"),
            *("random.default_rng", "random.normal", "random.rand", "random.randn"),
            *("random.uniform", "random.random", "random.randint", "random.choice"),
            *("random.permutation", "random.standard_normal", "random.RandomState"),
        )
    )
)
cut(
    *(
        f"numpy.{n}"
        for n in (
            *("floor", "ceil", "trunc", "fix", "rint", "round", "around", "sign", "heaviside"),
            *("floor_divide", "argmax", "argmin", "nanargmax", "nanargmin", "digitize"),
        )
    )
)

# --- methods and attributes ------------------------------------------------------------------

methods(
    (
        *("sum", "mean", "max", "min", "prod", "std", "var", "cumsum", "dot", "trace", "diagonal"),
        *("ravel", "squeeze", "swapaxes", "clip", "take", "repeat"),
        *("all", "any", "argmax", "argmin", "argsort", "nonzero", "round", "searchsorted"),
    )
)
methods(
    {n: f"numpy.ndarray.{n}" for n in ("reshape", "transpose", "flatten", "copy", "astype", "item")}
)
methods({"conj": "numpy.conjugate", "conjugate": "numpy.conjugate", "cumprod": "numpy.cumprod"})
attributes(
    {
        "T": "numpy.transpose",
        "mT": "numpy.matrix_transpose",
        "real": "numpy.real",
        "imag": "numpy.imag",
    }
)

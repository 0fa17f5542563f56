"""What an operation that the engine does not follow may do to its arguments.

Arrays and lists are mutable. Code that carries no derivative may still change a value that
does, so what is not known to leave its receiver alone counts as changing it.
"""

from __future__ import annotations

# Methods of arrays, tensors, numbers, strings and containers that leave the receiver as it is.
PURE_METHODS = frozenset(
    """
    all any argmax argmin argpartition argsort astype choose clip compress conj conjugate copy
    cumprod cumsum diagonal dot dump dumps flatten item max mean min nonzero prod ptp ravel repeat
    reshape round searchsorted squeeze std sum swapaxes take tobytes tofile tolist trace transpose
    var view numpy get_shape eval as_integer_ratio is_integer hex bit_length
    capitalize casefold center count encode endswith expandtabs find format format_map index
    isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace
    istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind
    rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title
    translate upper zfill decode
    get items keys values difference intersection issubset issuperset union symmetric_difference
    """.split()
)

# Methods whose receiver is no container of values: what they are given stays as it is.
HARMLESS_METHODS = frozenset(
    "debug info warning error exception critical log write flush print seed".split()
)

# Library functions that change an argument, with its position.
MUTATING_FUNCTIONS = {
    "tangent.add_into": 0,
    "numpy.copyto": 0,
    "numpy.put": 0,
    "numpy.place": 0,
    "numpy.putmask": 0,
    "numpy.put_along_axis": 0,
    "numpy.fill_diagonal": 0,
    "numpy.random.shuffle": 0,
    "random.shuffle": 0,
    "operator.setitem": 0,
    "operator.delitem": 0,
    "operator.iadd": 0,
    "operator.isub": 0,
    "operator.imul": 0,
    "operator.itruediv": 0,
    "heapq.heapify": 0,
    "heapq.heappush": 0,
    "heapq.heappop": 0,
    "builtins.setattr": 0,
    "builtins.delattr": 0,
    "builtins.next": 0,
}

# Keyword arguments that name a place to write to.
OUTPUT_KEYWORDS = frozenset({"out"})

# Contexts that say how to calculate: they are entered again for the backward pass. Any other (a
# timer, a lock, a file) is entered as often as the user wrote it.
CALCULATING_CONTEXTS = frozenset(
    """
    numpy.errstate warnings.catch_warnings decimal.localcontext
    tensorflow.device tensorflow.name_scope
    """.split()
)

# Attributes of arrays and tensors, none of which says that a value is an object of the user's.
ARRAY_ATTRIBUTES = frozenset(
    """
    T mT real imag flat base data ctypes flags shape size ndim dtype itemsize nbytes strides
    device name graph op trainable values
    """.split()
)

# Attributes that tell about an array but carry no derivative.
INACTIVE_ATTRIBUTES = frozenset(
    "shape size ndim dtype itemsize nbytes strides flags name device __class__ __name__".split()
)

"""Rules for what moves elements between lists, tuples and dictionaries.

A structural operation makes its result of its arguments' elements and of nothing else: its
tangent is the operation itself on the tangents. The methods ``extend``, ``update`` and the like
change their receiver; their rules tell of its new value, from the old one and the arguments.
"""

from __future__ import annotations

from tangent.rules.declare import general, structural, zero_gradient

# --- in place ------------------------------------------------------------------------------

structural(
    "list.extend",
    "a, b",
    {"a": "g[:len(g) - len(b)]", "b": "packed(g[len(g) - len(b):], b)"},
    in_place=True,
)
structural(
    "list.set_part",
    "a, path, value",
    {"a": "with_part(g, path, 0.0)", "value": "unbroadcast(part_of(g, path), value)"},
    inert=("path",),
    in_place=True,
)
structural(
    "list.add_to_part",
    "a, path, value",
    {"a": "g", "value": "unbroadcast(part_of(g, path), value)"},
    inert=("path",),
    in_place=True,
)
structural(
    "list.append_to_part",
    "a, path, value",
    {"a": "with_part(g, path, part_of(g, path)[:-1])", "value": "part_of(g, path)[-1]"},
    inert=("path",),
    in_place=True,
)
structural("list.reverse", "a", {"a": "g[::-1]"}, in_place=True)
structural("list.clear", "a", {"a": "zeros_like(a)"}, in_place=True)
structural("dict.update", "a, b", {"a": "without(g, b)", "b": "restricted(g, b)"}, in_place=True)
zero_gradient("dict.keys", "list.index", "list.count")

# --- copies --------------------------------------------------------------------------------

for _name in ("list", "tuple"):
    structural(
        f"builtins.{_name}",
        "x",
        {"x": "packed(g, x)"},
        tests=("normal(3)", "[1.0, normal(2)]", "(1.0, 2.0)", "normal(2, 3)"),
    )
structural("builtins.dict", "x", {"x": "g"}, tests=("{'a': 1.0, 'b': normal(2)}",))

# --- lists and tuples ----------------------------------------------------------------------

structural(
    "tangent.joined",
    "a, b",
    {"a": "g[:len(a)]", "b": "g[len(a):]"},
    tests=("[1.0, 2.0], [3.0]", "(1.0,), (normal(2), 3.0)", "[], [1.0]"),
)
structural(
    "tangent.repeated",
    "x, n",
    {"x": "summed_copies(g, x)"},
    tests=("[1.0, normal(2)], 3", "(1.0, 2.0), 2", "[1.0], 0"),
)
structural(
    "tangent.summed_copies",
    "c, x",
    {"c": "repeated(g, len(c) // max(len(x), 1))"},
    inert=("x",),
    tests=("[1.0, 2.0, 3.0, 4.0], [0.0, 0.0]",),
)
general(
    "tangent.extremum_adjoint",
    "c, values, best",
    {"c": "extremum_tangent(g, values, best)"},
    {"c": "extremum_adjoint(g, values, best)"},
    inert=("values", "best"),
    tests=("2.0, [1.0, 3.0, 2.0], 3.0", "2.0, np.array([1.0, 3.0, 3.0]), 3.0"),
)
general(
    "tangent.extremum_tangent",
    "t, values, best",
    {"t": "extremum_adjoint(g, values, best)"},
    {"t": "extremum_tangent(g, values, best)"},
    inert=("values", "best"),
    tests=("[2.0, 5.0, 1.0], [1.0, 3.0, 2.0], 3.0",),
)
for _name in ("max", "min"):
    general(
        f"list.{_name}",
        "values",
        {"values": "extremum_adjoint(g, values, y)"},
        {"values": "extremum_tangent(g, values, y)"},
        kinks="equal elements share the cotangent",
    )
general(
    "builtins.sorted",
    "x, *, reverse=False",
    {"x": "packed(unpermuted(g, sort_order(x, reverse=reverse)), x)"},
    {"x": "permuted(g, sort_order(x, reverse=reverse))"},
    kinks="equal elements keep their order",
    view=True,
    tests=("[3.0, 1.0, 2.0]", "normal(4), reverse=True", "(1.0, -1.0)"),
)
structural(
    "tangent.permuted",
    "x, order",
    {"x": "packed(unpermuted(g, order), x)"},
    tests=("[1.0, 2.0, 3.0], [2, 0, 1]", "normal(3), [2, 0, 1]"),
)
structural(
    "tangent.unpermuted",
    "c, order",
    {"c": "permuted(g, order)"},
    tests=("[1.0, 2.0, 3.0], [2, 0, 1]",),
)
structural(
    "tangent.with_part",
    "x, path, value",
    {"x": "with_part(g, path, zeros_like(value))", "value": "part_of(g, path)"},
    inert=("path",),
    tests=("{'a': [1.0, normal(2)]}, ('a', 1), normal(2)", "(1.0, 2.0), (0,), 3.0"),
)
structural(
    "tangent.part_of",
    "x, path",
    {"x": "with_part(zeros_like(x), path, g)"},
    inert=("path",),
    tests=("{'a': [1.0, normal(2)]}, ('a', 1)", "(1.0, 2.0), (0,)"),
)
zero_gradient("tangent.sort_order", "tangent.inserted_at")

# --- dictionaries --------------------------------------------------------------------------

structural(
    "tangent.merged",
    "a, b",
    {"a": "restricted(without(g, b), a)", "b": "restricted(g, b)"},
    tests=("{'a': 1.0, 'b': 2.0}, {'b': 3.0, 'c': 4.0}",),
)
structural(
    "tangent.without",
    "c, keys",
    {"c": "without(g, keys)"},
    inert=("keys",),
    tests=("{'a': 1.0, 'b': 2.0}, ['b']",),
)
structural(
    "tangent.restricted",
    "c, keys",
    {"c": "merged(zeros_like(c), g)"},
    inert=("keys",),
    tests=("{'a': 1.0, 'b': 2.0}, ['b']",),
)
structural(
    "tangent.values_of",
    "d",
    {"d": "keyed(g, d)"},
    tests=("{'a': 1.0, 'b': normal(2)}",),
)
structural(
    "tangent.keyed",
    "values, d",
    {"values": "packed(values_of(g), values)"},
    inert=("d",),
    tests=("[1.0, 2.0], {'a': 0.0, 'b': 0.0}",),
)
structural(
    "tangent.from_pairs",
    "keys, values",
    {"values": "packed(items_of(g, keys, values), values)"},
    inert=("keys",),
    tests=("['a', 'b'], [1.0, 2.0]", "['a', 'b', 'a'], normal(3)"),
)
structural(
    "tangent.items_of",
    "c, keys, values",
    {"c": "from_pairs(keys, g)"},
    inert=("keys", "values"),
    tests=("{'a': 1.0, 'b': 2.0}, ['a', 'b'], [0.0, 0.0]",),
)

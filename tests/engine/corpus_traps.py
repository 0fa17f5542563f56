"""Programs that are easy to get wrong without a word: aliases, views, truncation, odd constructs.

A derivative of these may be refused. If there is one, it must be right.
"""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import functools
import math
from types import SimpleNamespace

import numpy as np
from corpus_calls import cube, square
from corpus_helpers import scale_first

RNG = np.random.default_rng(16)
TABLE = np.array([1.0, 2.0, 3.0])
SETTINGS = {"rate": 0.5}


# --- changes inside expressions ------------------------------------------------------------------


def rows_filled_in_a_comprehension(x):
    rows = [x * 2.0, x * 3.0]
    [row.fill(1.0) for row in rows]
    return np.sum(rows[0] * x)


def items_set_in_a_comprehension(x):
    y = x * 2.0
    _ = [y.__setitem__(i, 0.0) for i in range(2)]
    return np.sum(y * x)


def appended_in_a_comprehension(x):
    squares = []
    [squares.append(v * v) for v in x]
    return sum(squares)


def filled_by_a_lambda(x):
    rows = [x * 2.0, x * 3.0]
    list(map(lambda row: row.fill(1.0), rows))
    return np.sum(rows[0] * x)


# --- aliases and views ---------------------------------------------------------------------------


def divided_in_place_and_seen_elsewhere(x):
    y = x * 2.0
    z = y
    y /= 1.5 + z**2
    return np.sum(z * x)


def bound_in_a_loop_that_breaks(x, y):
    x = -x
    for n in range(3):
        for m in range(3):
            if n == 1:
                break
            x = np.ones(3).sum()
    return 0.7 * x + y


def spread_of_a_list(x):
    values = [x, x * x]
    values.append(2.0 * x)
    return np.std(values) + np.dot(values, values)


def inactive_items_of_a_dictionary(x, y):
    values = {"a": x + 2.0, "b": x * x}
    for _, value in values.items():
        x = x * 0.5 + value
    return y * y


def rows_swapped_through_views(x):
    y = x * 1.0
    y[0], y[1] = y[1], y[0]
    return np.sum(y * x)


def array_augmented_through_an_alias(x):
    y = x * 2.0
    z = y
    y += x
    return np.sum(z * x)


def scalar_augmented_beside_an_alias(x):
    y = x * 2.0
    z = y
    y += x
    return z * y


def slice_scaled(x):
    y = x * 1.0
    z = y[1:3]
    z *= x[0]
    return np.sum(y * y)


def rows_changed_in_a_loop(x):
    y = x * 1.0
    for row in y:
        row *= row[0]
    return np.sum(y * x)


def transposed_view_written(x):
    y = x * 1.0
    t = y.T
    t[0, 1] = x[0, 0] * 3.0
    return np.sum(y * x)


def ravelled_view_written(x):
    y = x * 1.0
    flat = y.ravel()
    flat[1] = flat[0] * x[1, 1]
    return np.sum(y * y)


def ravelled_copy_written(x):
    y = (x * 1.0).T
    flat = y.ravel()
    flat[1] = flat[0] * x[1, 1]
    return np.sum(y * y) + flat[1]


def flattened_copy_written(x):
    y = x * 1.0
    flat = y.flatten()
    flat[1] = 0.0
    return np.sum(y * y) + np.sum(flat)


def diagonal_of_a_view(x):
    y = x * 1.0
    d = np.diagonal(y)
    y[0, 0] = 5.0 * x[1, 1]
    return np.sum(d * d)


def asarray_alias(x):
    y = x * 1.0
    z = np.asarray(y)
    z[0] = x[1] * x[1]
    return np.sum(y * y)


def indexed_copy_written(x):
    y = x * 1.0
    z = y[[0, 1]]
    z[0] = 7.0
    return np.sum(y * y) + np.sum(z * x[:2])


def same_array_twice(x):
    y = x * 1.0
    _add_into(y, y)
    return np.sum(y * y)


def _add_into(a, b):
    a[0] = a[0] + b[1]
    b[1] = b[1] * a[0]


def helper_returns_a_view(x):
    y = x * 1.0
    z = _tail(y)
    z[0] = x[0] * x[0]
    return np.sum(y * y)


def _tail(a):
    return a[1:]


def helper_keeps_an_alias(x):
    y = x * 1.0
    pair = (y, x)
    pair[0][0] = x[1] * 2.0
    return np.sum(y * y)


def written_through_a_list(x):
    rows = [np.zeros(2), np.zeros(2)]
    row = rows[0]
    row[0] = x
    rows[1][1] = x * x
    return np.sum(rows[0]) + np.sum(rows[1] * rows[1])


def list_through_an_alias(x):
    values = [x, 1.0]
    same = values
    same[0] = x * x
    return values[0] * values[1]


def list_repeated(x):
    rows = [np.zeros(2)] * 2
    rows[0][0] = x
    return np.sum(rows[1]) * x


def view_kept_over_an_overwrite(x):
    y = x * 1.0
    v = y[:2]
    y[:] = x * x
    return np.sum(v * x[:2])


def old_value_was_copied(x):
    y = x * 1.0
    old = y.copy()
    y[0] = old[1] * old[1]
    return np.sum(y * old)


def old_value_was_not_copied(x):
    y = x * 1.0
    old = y
    y[0] = old[1] * old[1]
    return np.sum(y * old)


def conditional_alias(x):
    y = x * 1.0
    z = x * 2.0
    w = y if x[0] > 0.0 else z
    w[0] = x[1] * x[1]
    return np.sum(y * y) + np.sum(z)


def argument_aliased(x):
    y = x
    y[0] = x[1] * x[1]
    return np.sum(x * x)


def view_of_the_argument_returned(x):
    return x[1:]


def captured_array_written(x):
    y = x * 1.0

    def write():
        y[0] = y[1] * y[1]

    write()
    return np.sum(y * y)


# --- writes ----------------------------------------------------------------------------------------


def overlapping_slices(x):
    y = x * 1.0
    y[1:] = y[:-1] * y[1:]
    y[:-1] += y[1:]
    return np.sum(y * y)


def repeated_index_written(x):
    y = x * 1.0
    y[[0, 0, 1]] = x * x
    return np.sum(y * y)


def repeated_index_augmented(x):
    y = x * 1.0
    y[[0, 0, 1]] += x * x
    return np.sum(y * y)


def add_at_repeated_index(x):
    y = x * 1.0
    np.add.at(y, [0, 0, 1], x * x)
    return np.sum(y * y)


def rows_permuted(x):
    y = x * 1.0
    y[[0, 1]] = y[[1, 0]]
    return np.sum(y * x)


def mask_written(x):
    y = x * 1.0
    y[y > 0.0] = x[0] * 2.0
    return np.sum(y * y)


def mask_augmented(x):
    y = x * 1.0
    y[x > 0.0] *= x[x > 0.0]
    return np.sum(y)


def integer_array_written(x):
    y = np.zeros(3, dtype=int)
    y[0] = x
    return np.sum(y * x)


def integer_literal_array_written(x):
    y = np.array([1, 2, 3])
    y[1] = x * 4.0
    return np.sum(y * x)


def integer_list_array(x, n):
    y = np.arange(n)
    y[0] = x
    return np.sum(y * x)


def single_precision_array_written(x, zeros):
    y = zeros.copy()
    y[0] = x
    y[1] = x * x
    return np.sum(y * x)


def broadcast_into_rows(x):
    y = np.zeros((3, 2))
    y[:] = x
    y[1:] *= x
    return np.sum(y * y)


def scalar_broadcast_in_place(x):
    y = np.zeros((2, 2))
    y += x
    y -= x * x
    return np.sum(y * y)


def ufunc_method(x):
    return np.add.reduce(x * x) * np.multiply.reduce(x)


def ufunc_out(x):
    y = x * 1.0
    np.multiply(y, y, y)
    return np.sum(y)


def whole_array_assigned(x):
    y = np.zeros(3)
    z = y
    y[...] = x * x
    z[:] = z * x
    return np.sum(y)


def element_of_an_element(x):
    y = np.zeros((2, 2))
    y[0][1] = x * x
    y[1][:] = x
    return np.sum(y * y)


def list_element_augmented(x):
    values = [x, x * x]
    values[0] += values[1]
    values[1] *= x
    return values[0] * values[1]


def list_extended(x):
    values = [x]
    values += [x * x]
    values = values + [2.0 * x]
    return values[1] * values[2]


def list_inserted_and_popped(x):
    values = [x, x * x]
    values.insert(0, 3.0 * x)
    last = values.pop()
    return last * values[0]


def list_sliced(x):
    values = [x, x * x, x * x * x]
    values[1:] = [2.0 * x, 4.0 * x]
    return values[1] * values[2] * values[0]


def dictionary(x):
    values = {"a": x * x, "b": 2.0}
    values["c"] = values["a"] * x
    return values["c"] * values["b"]


def module_table_written(x):
    TABLE[0] = 1.0
    table = TABLE * 1.0
    table[0] = x
    return np.sum(table * TABLE)


# --- values ----------------------------------------------------------------------------------------


def through_an_integer(x):
    return x * int(x) + float(round(x)) * x


def through_math_floor(x):
    return x * math.floor(x) + math.ceil(x)


def through_a_complex_number(x):
    z = x * 1j + 2.0
    return (z * z).real


def through_a_string(x):
    return float(f"{x * x}")


def through_an_integer_cast(x):
    return np.sum(x.astype(int) * x) + np.sum(x.astype(float) * x)


def reduced_by_python(x):
    return sum(x) * max(x) + min(x[0], x[1], x[2])


def sorted_by_python(x):
    values = sorted([x[0], x[1], x[2]])
    return values[0] * values[1]


def mapped(x):
    return sum(map(lambda v: v * v, [x, 2.0 * x]))


def reduced_by_functools(x):
    return functools.reduce(lambda a, b: a * b, [x, x + 1.0, x + 2.0])


def comprehension(x):
    return sum([x * i for i in range(4)])


def array_of_a_list(x):
    return np.sum(np.array([x, x * x, 1.0]) ** 2)


def nested_array_of_a_list(x, y):
    m = np.array([[x, y], [y * x, 1.0]])
    return np.sum(m @ m)


def equality_of_arguments(x, y):
    return np.array_equal(x, y) * x + y


def boolean_of_a_value(x):
    return bool(x) * x + (not x) * 3.0


def or_of_a_value(x):
    return (x or 2.0) * x


def unpacked_array(x):
    a, b, c = x
    return a * b + c * c


def unpacked_rows(x):
    for a, b in x:
        x = x * a + b
    return np.sum(x)


def minimum_of_a_product(x):
    return np.min(x) * np.max(x * 2.0) + np.minimum(x[0], x[1])


def norm_of_a_difference(x):
    return np.linalg.norm(x - 1.0) + np.sqrt(np.sum(x * x))


def where_with_one_argument(x):
    return np.sum(x[np.where(x > 0.0)] ** 2)


# --- statements ------------------------------------------------------------------------------------


def for_else(x, n):
    y = x
    for i in range(n):
        if y > 10.0:
            break
        y = y * x
    else:
        y = y * 3.0
    return y


def while_else(x):
    y = x
    while y < 3.0:
        y = y * 1.7
    else:
        y = y * x
    return y


def try_finally(x):
    y = x
    try:
        y = y * x
    finally:
        y = y * 2.0
    return y


def try_caught(x):
    y = x
    try:
        y = y * x
        z = TABLE[17]
    except IndexError:
        z = 2.0
    return y * z


def deleted(x):
    y = x * x
    z = y * x
    del y
    return z


def asserted(x):
    assert (y := x * 2.0) > 0.0
    return y * x


def late_bound_closure(x):
    functions = []
    for i in range(3):
        functions.append(lambda a: a * i)
    return functions[0](x) * x


def captured_and_rebound(x):
    scale = x

    def scaled(a):
        return a * scale

    first = scaled(x)
    scale = scale * 2.0
    return first + scaled(x)


def loop_over_a_list_that_grows(x):
    values = [x]
    for value in values:
        if len(values) < 4:
            values.append(value * x)
    return values[-1] * values[1]


def loop_over_an_array_that_changes(x):
    y = x * 1.0
    s = 0.0
    for i, value in enumerate(y):
        y[-1] = y[-1] * value
        s = s + value
    return s


def return_in_a_loop_with_state(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = x * (i + 1)
        if y[i] > 2.0:
            return np.sum(y * y)
        y[0] += x
    return y[0]


def shadowed_builtin(x):
    abs = lambda v: v * v * v
    return abs(x)


def shadowed_module(x):
    def tanh(v):
        return v * 3.0

    np_tanh = np.tanh(x)
    return tanh(x) * np_tanh


def name_taken_by_the_derivative(x, bx, dx):
    by = x * bx
    y = by * dx
    y_stack = y * x
    return y_stack


def generated_names_in_a_loop(x, n):
    x_stack = [1.0, 2.0, 3.0]
    for i in range(n):
        x = x * x * x_stack[i]
    return x


def dictionary_of_constants(x):
    return x * SETTINGS["rate"] * x


def multiple_targets(x):
    y = np.zeros(2)
    z = y[0] = x * x
    return z * y[0] + y[1]


def conditional_return_none(x):
    y = _maybe(x)
    if y is None:
        return x * 3.0
    return y * x


def _maybe(x):
    if x > 1.0:
        return None
    return x * x


# --- what a larger subset could follow ------------------------------------------------------------


def return_in_a_loop(x, n):
    y = x
    for i in range(n):
        y = y * x + i
        if y > 10.0:
            return y * y
    return y


def return_in_nested_loops(x):
    s = x
    for i in range(3):
        for j in range(3):
            s = s * x + i * j
            if s > 4.0:
                return s * s
        s = s + x
    return s


def break_out(x, n):
    y = x
    for i in range(n):
        if y > 20.0:
            break
        y = y * x + i
    return y


def skip_rounds(x, n):
    y = x
    for i in range(n):
        if i % 2 == 0:
            continue
        y = y * x + i
    return y


def break_in_while(x):
    y = x
    while True:
        y = y * x
        if y > 10.0:
            break
    return y


def alias_seen(x, a):
    y = np.zeros(3)
    z = y
    y[0] = a
    z[1] = x[0] * a
    return np.sum(z * x) + y[1]


def view_written(x, a):
    y = np.zeros((2, 3))
    row = y[0]
    row[1] = a * x[0]
    row[:] += x
    return np.sum(y * y)


def reshaped_view(x):
    y = np.zeros((2, 2))
    flat = y.reshape(4)
    flat[1] = x[0] * x[1]
    flat[2] = x[1]
    return np.sum(y @ y)


def array_rebound(x):
    y = x
    y = y * 2.0
    y[0] = 0.0
    return np.sum(y * x)


def bubble(x):
    x = x.copy()
    n = len(x)
    for i in range(n):
        for j in range(n - 1 - i):
            if x[j] > x[j + 1]:
                t = x[j]
                x[j] = x[j + 1]
                x[j + 1] = t
    return x[0] * 3.0 + x[1] * x[2]


def changed_by_a_helper(x, a):
    y = x * 2.0
    scale_first(y, a)
    return np.sum(y * y)


def passes_a_function(x):
    return function_argument(square, x) + function_argument(cube, x)


def nested_definition_captures_in_a_loop(x):
    s = 1.0
    for i in range(3):

        def step(a):
            return a * x + i

        s = step(s)
    return s


def function_argument(f, x):
    return f(x) * x


def appended_through_an_alias(x):
    y = x * 1.0
    stack = []
    stack.append(y)
    if x[0] > -100.0:
        same = stack
    else:
        same = []
    top = same.pop()
    top[0] = x[1]
    return np.sum(y * x)


def _same(v):
    return v


def result_of_a_call_is_its_argument(x):
    y = _same(x)
    y += 1.0
    return np.sum(x * x)


def element_of_a_list_changed(x):
    held = [x]
    held[0] += 1.0
    return np.sum(x * x)


def stored_row_changed_afterwards(x):
    rows = [x, x * 2.0]
    last = rows[0]
    last *= 3.0
    return np.sum(x * rows[1])


def _slope(t, y):
    return -y * t


def midpoint_steps(y, n):
    t = 0.0 * y
    h = 0.1
    for _ in range(n):
        k = _slope(t, y)
        y = y + h * _slope(t + h / 2.0, y + h / 2.0 * k)
        t += h
    return np.sum(y * y)


def histories(x: float, n):
    history = {"x": [], "loss": []}
    for _ in range(n):
        x = x * x + 0.1
        history["x"].append(x)
        history["loss"].append(x * x)
    return sum(history["loss"]) + history["x"][-1] * history["x"][0]


def matrix_of_lists(x: float, y: float):
    c = [[x, x * x], [2.0, x]]
    c[0][1] += y
    c[1][0] = c[0][1] * x
    c[1][1] -= y
    c[0][0] *= x * y
    return c[0][1] * c[1][1] * c[1][0] + c[0][0]


def alias_list(x: float, y: float):
    a = [x, y]
    b = a
    b.append(x * y)
    b[0] = y
    return a[0] * a[2] + b[1]


def alias_dict(params, x: float):
    p = params
    p['w'] = p['w'] * x
    return params['w'] * x


def shallow(params, x: float):
    p = params.copy()
    p['w'] += x
    return np.sum(p['w'] * params['w'])


def inner_two_names(x: float, y: float):
    row = [x, y]
    m = [row, row]
    m[0][0] = x * y
    return m[1][0] * row[1]


def rep_inner(x: float, n):
    m = [[x, 1.0]] * 2
    m[0][0] = x * x
    return m[1][0] * m[0][0]


def helper_append(acc, v):
    acc.append(v * v)


def call_mutates(x, y):
    acc = [x]
    helper_append(acc, y)
    return acc[0] * acc[1]


def unpack_items(d):
    (k, v), = d.items()
    return v * v


def del_slice(x, y):
    s = [x, y, x * y]
    del s[0:1]
    return s[0] * s[1]


def sortl(xs):
    ys = list(xs)
    ys.sort()
    return ys[0] * 2 + ys[-1] * 3


def fib(n, memo, x):
    if n in memo:
        return memo[n]
    if n < 2:
        return x * n + 1.0
    memo[n] = fib(n - 1, memo, x) + fib(n - 2, memo, x)
    return memo[n]


def memo_fib(x):
    return fib(5, {}, x)


# --- objects ---------------------------------------------------------------------------------------


class Vector:
    scale = 2.0

    def __init__(self, x, y):
        self.x = x
        self.y = y

    @property
    def norm(self):
        return self.x**2 + self.y**2

    @property
    def size(self):
        return self.x * 3.0


def property_of_an_argument(v):
    return v.norm * v.x


def property_with_the_name_of_an_array_attribute(v):
    return v.size * v.size


def class_attribute_of_an_argument(v):
    return v.scale * v.x


def field_with_the_name_of_an_array_attribute(v):
    return v.T * 2.0


def two_names_for_an_object(v, a):
    u = v
    u.x = u.x * a
    return v.x * v.y


def field_changed_through_another_name(v, a):
    w = v.x
    v.x = v.x * a
    return w * v.x


def array_field_changed_in_place(v, a):
    w = v.x
    w *= a
    return np.sum(v.x * v.y)


def object_changed_by_a_helper(v, a):
    shrink(v, a)
    return v.x * v.y


def shrink(v, a):
    v.x = v.x * a


def object_in_a_list_changed(vs, a):
    first = vs[0]
    first.x = first.x * a
    return vs[0].x * vs[1].x


def field_that_changes_its_shape(x, flag):
    v = Vector(1.0, 2.0)
    v.x = x
    y = v.x * 2.0 if flag else 1.0
    v.x = np.ones(3) * x
    return np.sum(v.x) * y


def deleted_field(v, a):
    v.x = v.x * a
    w = v.x
    del v.x
    return w * v.y


def _rows_scaled(x):
    y = x * 1.0
    for row in y:
        row *= row[0]
    return y * y


def argument_changed_afterwards(x):
    y = x * 2.0
    z = _rows_scaled(y)
    y[0] = 5.0
    return np.sum(z * y)


CASES = [
    (argument_changed_afterwards, (np.array([[0.3, 0.7], [0.2, 0.5]]),), ("x",)),
    (memo_fib, (0.3,), ("x",)),
    (sortl, ([1.2, 0.7, 0.9],), ("xs",)),
    (matrix_of_lists, (1.2, 0.7), ("x", "y")),
    (alias_list, (1.2,0.7), ('x','y')),
    (alias_dict, ({'w':0.4},1.2), ('params','x')),
    (shallow, ({'w': RNG.normal(size=3),'b':1.0},1.2), ('params','x')),
    (shallow, ({'w':2.0,'b':1.0},1.2), ('params','x')),
    (inner_two_names, (1.2,0.7), ('x','y')),
    (rep_inner, (1.2,2), ('x',)),
    (call_mutates, (1.2,0.7), ('x','y')),
    (unpack_items, ({'a':1.2},), ('d',)),
    (del_slice, (1.2,0.7), ('x','y')),
    (histories, (0.4, 3), ("x",)),
    (property_of_an_argument, (Vector(1.3, 0.7),), ("v",)),
    (property_with_the_name_of_an_array_attribute, (Vector(1.3, 0.7),), ("v",)),
    (class_attribute_of_an_argument, (Vector(1.3, 0.7),), ("v",)),
    (field_with_the_name_of_an_array_attribute, (SimpleNamespace(T=1.3),), ("v",)),
    (two_names_for_an_object, (Vector(1.3, 0.7), 2.0), ("v", "a")),
    (field_changed_through_another_name, (Vector(1.3, 0.7), 2.0), ("v", "a")),
    (array_field_changed_in_place, (Vector(np.array([1.0, 2.0]), 0.7), 2.0), ("v", "a")),
    (object_changed_by_a_helper, (Vector(1.3, 0.7), 2.0), ("v", "a")),
    (object_in_a_list_changed, ([Vector(1.3, 0.7), Vector(0.3, 0.7)], 2.0), ("vs", "a")),
    (field_that_changes_its_shape, (1.3, False), ("x",)),
    (field_that_changes_its_shape, (1.3, True), ("x",)),
    (deleted_field, (Vector(1.3, 0.7), 2.0), ("v", "a")),
    (midpoint_steps, (RNG.normal(size=2), 3), ("y",)),
    (result_of_a_call_is_its_argument, (RNG.normal(size=3),), ("x",)),
    (element_of_a_list_changed, (RNG.normal(size=3),), ("x",)),
    (stored_row_changed_afterwards, (RNG.normal(size=3),), ("x",)),
    (rows_swapped_through_views, (RNG.normal(size=(3, 2)),), ("x",)),
    (array_augmented_through_an_alias, (RNG.normal(size=3),), ("x",)),
    (scalar_augmented_beside_an_alias, (1.3,), ("x",)),
    (slice_scaled, (RNG.normal(size=4),), ("x",)),
    (rows_changed_in_a_loop, (RNG.normal(size=(3, 2)),), ("x",)),
    (transposed_view_written, (RNG.normal(size=(2, 2)),), ("x",)),
    (ravelled_view_written, (RNG.normal(size=(2, 2)),), ("x",)),
    (ravelled_copy_written, (RNG.normal(size=(2, 2)),), ("x",)),
    (flattened_copy_written, (RNG.normal(size=(2, 2)),), ("x",)),
    (diagonal_of_a_view, (RNG.normal(size=(2, 2)),), ("x",)),
    (asarray_alias, (RNG.normal(size=3),), ("x",)),
    (indexed_copy_written, (RNG.normal(size=3),), ("x",)),
    (same_array_twice, (RNG.normal(size=3),), ("x",)),
    (helper_returns_a_view, (RNG.normal(size=3),), ("x",)),
    (helper_keeps_an_alias, (RNG.normal(size=3),), ("x",)),
    (written_through_a_list, (1.3,), ("x",)),
    (list_through_an_alias, (1.3,), ("x",)),
    (list_repeated, (1.3,), ("x",)),
    (view_kept_over_an_overwrite, (RNG.normal(size=3),), ("x",)),
    (old_value_was_copied, (RNG.normal(size=3),), ("x",)),
    (old_value_was_not_copied, (RNG.normal(size=3),), ("x",)),
    (conditional_alias, (np.array([1.0, 2.0, 3.0]),), ("x",)),
    (conditional_alias, (np.array([-1.0, 2.0, 3.0]),), ("x",)),
    (argument_aliased, (RNG.normal(size=3),), ("x",)),
    (view_of_the_argument_returned, (RNG.normal(size=3),), ("x",)),
    (captured_array_written, (RNG.normal(size=3),), ("x",)),
    (overlapping_slices, (RNG.normal(size=4),), ("x",)),
    (repeated_index_written, (RNG.normal(size=3),), ("x",)),
    (repeated_index_augmented, (RNG.normal(size=3),), ("x",)),
    (add_at_repeated_index, (RNG.normal(size=3),), ("x",)),
    (rows_permuted, (RNG.normal(size=(3, 2)),), ("x",)),
    (mask_written, (np.array([1.0, -2.0, 3.0]),), ("x",)),
    (mask_augmented, (np.array([1.0, -2.0, 3.0]),), ("x",)),
    (integer_array_written, (1.3,), ("x",)),
    (integer_literal_array_written, (1.3,), ("x",)),
    (integer_list_array, (1.3, 3), ("x",)),
    (single_precision_array_written, (1.25, np.zeros(2, np.float32)), ("x",)),
    (broadcast_into_rows, (RNG.normal(size=2),), ("x",)),
    (scalar_broadcast_in_place, (1.3,), ("x",)),
    (ufunc_method, (RNG.normal(size=3),), ("x",)),
    (ufunc_out, (RNG.normal(size=3),), ("x",)),
    (whole_array_assigned, (RNG.normal(size=3),), ("x",)),
    (element_of_an_element, (1.3,), ("x",)),
    (list_element_augmented, (1.3,), ("x",)),
    (list_extended, (1.3,), ("x",)),
    (list_inserted_and_popped, (1.3,), ("x",)),
    (list_sliced, (1.3,), ("x",)),
    (dictionary, (1.3,), ("x",)),
    (module_table_written, (1.3,), ("x",)),
    (through_an_integer, (1.3,), ("x",)),
    (through_math_floor, (1.3,), ("x",)),
    (through_a_complex_number, (1.3,), ("x",)),
    (through_a_string, (1.3,), ("x",)),
    (through_an_integer_cast, (np.array([1.3, -2.4]),), ("x",)),
    (reduced_by_python, (np.array([1.0, 3.0, 2.0]),), ("x",)),
    (sorted_by_python, (np.array([1.0, 3.0, 2.0]),), ("x",)),
    (mapped, (1.3,), ("x",)),
    (reduced_by_functools, (1.3,), ("x",)),
    (comprehension, (1.3,), ("x",)),
    (divided_in_place_and_seen_elsewhere, (RNG.normal(size=3),), ("x",)),
    (bound_in_a_loop_that_breaks, (1.3, 0.3), ("x",)),
    (inactive_items_of_a_dictionary, (1.3, 0.3), ("x", "y")),
    (spread_of_a_list, (1.3,), ("x",)),
    (rows_filled_in_a_comprehension, (RNG.normal(size=3),), ("x",)),
    (items_set_in_a_comprehension, (RNG.normal(size=3),), ("x",)),
    (appended_in_a_comprehension, (RNG.normal(size=3),), ("x",)),
    (filled_by_a_lambda, (RNG.normal(size=3),), ("x",)),
    (array_of_a_list, (1.3,), ("x",)),
    (nested_array_of_a_list, (1.3, 0.7), ("x", "y")),
    (equality_of_arguments, (1.3, 0.7), ("x", "y")),
    (boolean_of_a_value, (1.3,), ("x",)),
    (or_of_a_value, (1.3,), ("x",)),
    (unpacked_array, (RNG.normal(size=3),), ("x",)),
    (unpacked_rows, (RNG.normal(size=(3, 2)),), ("x",)),
    (minimum_of_a_product, (np.array([1.0, 3.0, 2.0]),), ("x",)),
    (norm_of_a_difference, (RNG.normal(size=3),), ("x",)),
    (where_with_one_argument, (np.array([1.0, -2.0, 3.0]),), ("x",)),
    (for_else, (1.3, 3), ("x",)),
    (for_else, (4.3, 3), ("x",)),
    (while_else, (1.3,), ("x",)),
    (try_finally, (1.3,), ("x",)),
    (try_caught, (1.3,), ("x",)),
    (deleted, (1.3,), ("x",)),
    (asserted, (1.3,), ("x",)),
    (late_bound_closure, (1.3,), ("x",)),
    (captured_and_rebound, (1.3,), ("x",)),
    (loop_over_a_list_that_grows, (1.3,), ("x",)),
    (loop_over_an_array_that_changes, (RNG.normal(size=3),), ("x",)),
    (return_in_a_loop_with_state, (0.7,), ("x",)),
    (return_in_a_loop_with_state, (1.2,), ("x",)),
    (shadowed_builtin, (1.3,), ("x",)),
    (shadowed_module, (1.3,), ("x",)),
    (name_taken_by_the_derivative, (1.3, 0.7, 0.4), ("x", "bx", "dx")),
    (generated_names_in_a_loop, (1.1, 3), ("x",)),
    (dictionary_of_constants, (1.3,), ("x",)),
    (multiple_targets, (1.3,), ("x",)),
    (conditional_return_none, (1.3,), ("x",)),
    (conditional_return_none, (0.3,), ("x",)),
    (return_in_a_loop, (1.9, 8), ("x",)),
    (return_in_a_loop, (0.9, 3), ("x",)),
    (return_in_nested_loops, (1.3,), ("x",)),
    (return_in_nested_loops, (0.1,), ("x",)),
    (break_out, (1.9, 8), ("x",)),
    (break_out, (1.9, 2), ("x",)),
    (skip_rounds, (1.3, 5), ("x",)),
    (break_in_while, (1.3,), ("x",)),
    (alias_seen, (RNG.normal(size=3), 0.7), ("x", "a")),
    (view_written, (RNG.normal(size=3), 0.7), ("x", "a")),
    (reshaped_view, (RNG.normal(size=2),), ("x",)),
    (array_rebound, (RNG.normal(size=3),), ("x",)),
    (bubble, (np.array([3.0, 1.0, 2.0, 0.5]),), ("x",)),
    (changed_by_a_helper, (RNG.normal(size=3), 0.7), ("x", "a")),
    (passes_a_function, (1.3,), ("x",)),
    (nested_definition_captures_in_a_loop, (1.3,), ("x",)),
    (appended_through_an_alias, (RNG.normal(size=3),), ("x",)),
]

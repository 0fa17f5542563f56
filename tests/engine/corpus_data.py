"""Programs that keep what they compute in lists, tuples and dictionaries."""

from __future__ import annotations

import math

import numpy as np

RNG = np.random.default_rng(31)
VECTOR = RNG.normal(size=3)
MATRIX = RNG.normal(size=(3, 3))
BATCH = RNG.normal(size=(4, 3))


def weights(*shape):
    return 0.5 * RNG.normal(size=shape)


# --- parameters in dictionaries --------------------------------------------------------------


def mlp_loss(params, x):
    h = np.tanh(x @ params["w1"] + params["b1"])
    out = h @ params["w2"] + params["b2"]
    return np.sum(out**2)


MLP = {"w1": weights(3, 4), "b1": weights(4), "w2": weights(4, 2), "b2": weights(2)}


def nested_params(params, x):
    h = np.tanh(x @ params["hidden"]["w"] + params["hidden"]["b"])
    return np.sum(h * params["out"]["w"]) * params["scale"]


NESTED = {
    "hidden": {"w": weights(3, 4), "b": weights(4)},
    "out": {"w": weights(4)},
    "scale": 1.5,
}


def params_with_a_name(params, x):
    """Only some entries carry a derivative."""
    if params["activation"] == "tanh":
        h = np.tanh(x @ params["w"])
    else:
        h = x @ params["w"]
    return np.sum(h) * params["gain"]


def weight_decay(params):
    total = 0.0
    for name, value in params.items():
        if not name.startswith("b"):
            total = total + 0.5 * np.sum(value**2)
    return total


def weight_decay_by_key(params):
    total = 0.0
    for name in params:
        total += np.sum(params[name] ** 2)
    return total


def norms(params):
    total = 0.0
    for value in params.values():
        total += np.sqrt(np.sum(value * value))
    return total


def sorted_items(params, x):
    for _, w in sorted(params.items()):
        x = np.tanh(w * x)
    return np.sum(x)


def numbered_items(params, x):
    total = 0.0
    for i, (name, w) in enumerate(params.items()):
        total = total + (i + 1) * len(name) * np.sum(w * x)
    return total


def int_keys(powers, x):
    total = 0.0
    for n in powers:
        total = total + powers[n] * x**n
    return total


# --- dictionaries that are built -------------------------------------------------------------


def forward_with_cache(x, w):
    cache = {}
    cache["z"] = x * w
    cache["a"] = np.tanh(cache["z"])
    return np.sum(cache["a"] * cache["z"])


def state_machine(x, v, steps):
    state = {"x": x, "v": v}
    for _ in range(steps):
        a = -np.sin(state["x"])
        state["v"] = state["v"] + 0.1 * a
        state["x"] = state["x"] + 0.1 * state["v"]
    return state["x"] ** 2 + state["v"]


def new_state_each_step(x, v, steps):
    state = {"x": x, "v": v}
    for _ in range(steps):
        state = {"x": state["x"] + 0.1 * state["v"], "v": state["v"] - 0.1 * state["x"]}
    return state["x"] * state["v"]


def merged_options(x, params):
    defaults = {"a": 2.0 * x, "b": x}
    options = {**defaults, **params, "c": x * x}
    return options["a"] * options["b"] + options["c"]


def union_of_dicts(x, params):
    options = {"a": 2.0 * x, "b": x} | params
    return options["a"] * options["b"]


def updated(x, y):
    d = {"a": x, "b": x * x}
    d.update({"b": y, "c": x * y})
    return d["a"] * d["b"] * d["c"]


def updated_by_keywords(x, y):
    d = dict(a=x, b=x * x)  # noqa: C408
    d.update(b=y)
    return d["a"] * d["b"]


def with_default(params, x):
    return x * params.get("gain", 1.0) + params.get("bias", x)


def counted(x, y):
    totals = {}
    for value, label in zip([x, y, x * y], ["a", "b", "a"]):
        totals[label] = totals.get(label, 0.0) + value
    return totals["a"] * totals["b"]


def set_default(x, y):
    d = {"a": x}
    d.setdefault("a", y)
    d.setdefault("b", y)
    return d["a"] * d["b"] + d.setdefault("c", x * y)


def popped_from_dict(x, y):
    d = {"a": x, "b": y * y}
    b = d.pop("b")
    c = d.pop("c", x)
    return b * d["a"] * c


def deleted_from_dict(x, y):
    d = {"a": x, "b": y * y}
    z = d["b"] * d["a"]
    del d["b"]
    total = 0.0
    for value in d.values():
        total += value * z
    return total


def dict_of_zip(xs, x):
    names = ["a", "b", "c"]
    d = dict(zip(names, xs))
    return d["a"] * d["c"] * x + d["b"]


def values_as_array(params):
    return np.sum(np.array(list(params.values())) ** 2)


def sum_of_values(params):
    return sum(params.values()) ** 2


def augmented_items(x: float, y: float):
    d = {"a": x, "b": y}
    d["a"] += y
    d["a"] *= d["b"]
    d["b"] -= x
    return d["a"] * d["b"]


def gradient_step(params, x):
    loss = 0.0
    for _ in range(2):
        r = params["w"] * x - 1.0
        loss = loss + r * r
        params = {"w": params["w"] - 0.1 * r * x, "b": params["b"]}
    return loss + params["w"] * params["b"]


def memoised(x):
    known = {0: x, 1: x * x}
    for n in range(2, 6):
        known[n] = known[n - 1] + 0.5 * known[n - 2]
    return known[5]


def counts_what_is_there(x):
    seen = {"a": x}
    if "a" in seen and "b" not in seen:
        seen["b"] = x * len(seen)
    return seen["a"] * seen["b"]


# --- lists -----------------------------------------------------------------------------------


def layers_of_tuples(layers, x):
    for w, b in layers:
        x = np.tanh(x @ w + b)
    return np.sum(x)


LAYERS = [(weights(3, 4), weights(4)), (weights(4, 2), weights(2))]


def layers_of_dicts(layers, x):
    for layer in layers:
        x = np.tanh(x @ layer["w"] + layer["b"])
    return np.sum(x)


def mean_of_history(x, n):
    history = []
    for _ in range(n):
        x = x * x + 0.1
        history.append(x)
    return np.mean(history)


def history_as_array(x, n):
    history = [x]
    for _ in range(n):
        history.append(history[-1] * 0.9 + np.sin(x))
    return np.sum(np.array(history) ** 2)


def joined_history(x, n):
    history = [x]
    for i in range(n):
        history = history + [history[i] * x]
    return sum(history)


def extended(x, y):
    values = [x]
    values.extend([y, x * y])
    values += [x * x]
    return values[0] * values[1] + values[2] * values[3]


def starred_display(xs, y):
    values = [y, *xs, y * y]
    return values[0] * values[1] + values[2] * values[-1]


def two_starred(xs, ys):
    values = [*xs, 1.0, *ys]
    return values[0] * values[-1] + values[1]


def repeated_list(x, n):
    values = [x, x * x] * n
    values[1] = x
    return sum(values)


def stack_machine(x, y):
    stack = []
    for token in ["x", "y", "+", "x", "*", "y", "-"]:
        if token == "x":
            stack.append(x)
        elif token == "y":
            stack.append(y)
        else:
            right = stack.pop()
            left = stack.pop()
            if token == "+":
                stack.append(left + right)
            elif token == "*":
                stack.append(left * right)
            else:
                stack.append(left - right)
    return stack.pop()


def queue(x, n):
    waiting = [x, 2.0 * x, 3.0 * x]
    total = 0.0
    for _ in range(n):
        first = waiting.pop(0)
        waiting.append(first * first)
        total = total + first
    return total * waiting[0]


def inserted(x, y):
    values = [x, y]
    values.insert(0, x * y)
    values.insert(-1, x * x)
    values.insert(10, y * y)
    return values[0] * values[1] + values[2] * values[3] * values[4]


def popped_anywhere(x, y):
    values = [x, y, x * y, y * y]
    a = values.pop(1)
    b = values.pop(-2)
    values.pop()
    return a * b * values[0]


def deleted(x, y):
    values = [x, y, x * y]
    z = values[1] * values[2]
    del values[0]
    return z * values[0] * values[-1]


def reversed_list(x, y):
    values = [x, y, x * y]
    values.reverse()
    z = values[0] * values[1]
    for v in reversed(values):
        z = z * v + 1.0
    return z


def item_assignment(x, y):
    values = [x, y, 0.0]
    values[2] = values[0] * values[1]
    values[0] = values[2] + x
    return values[0] * values[2]


def slices_of_lists(xs):
    first, rest = xs[0], xs[1:]
    total = first
    for value in rest:
        total = total * value
    return total + sum(xs[:-1])


def horner(coefficients, x):
    result = 0.0
    for c in reversed(coefficients):
        result = result * x + c
    return result


def largest(x, y):
    values = [x * y, x, y * y]
    return max(values) - 2.0 * min(values)


def sorted_values(xs):
    a, b, c = sorted(xs)
    return a * b + 2.0 * c


def descending(xs, x):
    total = 0.0
    for i, v in enumerate(sorted(xs, reverse=True)):
        total = total + (i + 1) * v * x
    return total


def products(xs):
    return math.prod(xs) + math.fsum(xs) * xs[0]


def stacked(x, y):
    rows = []
    for i in range(3):
        rows.append(x * y[i])
    return np.sum(np.stack(rows) ** 2)


def matrix_of_numbers(x, y):
    a = np.array([[x, y], [y, x * y]])
    return np.sum(a @ a)


def reduced_display(v, w):
    return np.sum([v[0], w[1]]) * np.mean([w[0], v[1], 2.0])


def list_as_operand(v, w):
    return np.sum(v * [w[0], 1.0, w[2]])


def running_mean(xs, decay):
    means = []
    mean = 0.0
    for x in xs:
        mean = decay * mean + (1.0 - decay) * x
        means.append(mean)
    return sum(means) * means[-1]


def pairs(xs, ys):
    total = 0.0
    for i, (x, y) in enumerate(zip(xs, ys)):
        total = total + (i + 1) * x * y
    return total


def distances(points):
    total = 0.0
    for i, p in enumerate(points):
        for q in points[:i]:
            total = total + np.sqrt(np.sum((p - q) ** 2))
    return total


def list_and_tuple(xs):
    values = list(xs)
    values.append(xs[0] * xs[1])
    fixed = tuple(values)
    return fixed[0] * fixed[-1]


def copied(x, y):
    a = [x, y]
    b = a.copy()
    b[0] = x * y
    c = list(a)
    c.append(x)
    return a[0] * b[0] + c[2] * b[1]


def cleared(x, y):
    values = [x, y]
    z = values[0] * values[1]
    values.clear()
    values.append(z * x)
    return values[0]


def removed(x, y):
    values = [x, y, 5.0]
    values.remove(5.0)
    return values[0] * values[-1]


def tuple_grows(x, n):
    t = ()
    for i in range(n):
        t = t + (x * (i + 1),)
    t += (x * x,)
    return t[0] * t[-1]


# --- parts of parts --------------------------------------------------------------------------


def product_of_lists(a, b):
    n = len(a)
    c = []
    for i in range(n):
        c.append([0.0, 0.0])
        for j in range(2):
            for k in range(2):
                c[i][j] += a[i][k] * b[k][j]
    return c[0][0] * c[1][1] + c[0][1]


def nested_state(params, x: float):
    state = {"a": {"h": x}, "b": [x, x]}
    for _ in range(2):
        state["a"]["h"] = state["a"]["h"] * params["w"]["k"]
        state["b"][1] += state["a"]["h"]
    return state["b"][1] * state["a"]["h"] + state["b"][0]


def gradients_by_hand(params, x):
    grads = {}
    grads["w"] = np.zeros(3)
    grads["w"][0] = x * params["w"][1]
    grads["w"][1:] += x
    return np.sum(grads["w"] * params["w"])


def zip_in_enumerate_reversed(xs, ys):
    total = 0.0
    for i, (x, y) in enumerate(zip(reversed(xs), ys), 1):
        total = total + i * x * y
    return total


# --- what is overwritten, popped and grown ---------------------------------------------------


def overwritten(x, y):
    xs = [x, x]
    xs[0] = np.array([1.0, 2.0]) * y
    return np.sum(xs[0]) * xs[1]


def over_twice(x, y):
    d = {"a": x}
    d["a"] = np.ones(3) * y
    d["a"] = y * y
    return d["a"] * y


def pop_in_branch(x, y, flag):
    s = [x, y]
    if flag:
        s.append(x * y)
    else:
        s.pop()
    return s[-1] * s[0]


def neg_after_pop(x, y):
    s = [x, y, x * y]
    a = s[-1]
    s.pop(0)
    b = s[-2]
    s.insert(1, a * b)
    return s[1] * s[-1]


def mutated_arg(xs, y):
    xs.append(y * y)
    return xs[0] * xs[-1]


def mutated_dict_arg(d, y):
    d["new"] = d["a"] * y
    d["a"] = y
    return d["new"] * d["a"]


def loop_dict_growing(x, n):
    d = {}
    for i in range(n):
        d[i] = x * (i + 1)
        if i > 1:
            d[i - 1] = d[i] * d[i - 2]
    t = 0.0
    for k in d:
        t = t + d[k] * (k + 1)
    return t


def max_of_items(params):
    return max(params.values()) * min(params["a"], params["b"])


def keys_used(params):
    t = 0.0
    for k in sorted(params):
        t = t * 0.5 + params[k]
    return t


def get_none(params, x):
    b = params.get("bias")
    y = params["w"] * x
    if b is not None:
        y = y + b
    return y


def dictview_twice(params):
    vals = params.values()
    return sum(vals) * max(vals)


def tuple_unpack_dict(d):
    a, b = d.values()
    return a * b


def enum_start(xs):
    t = 0.0
    for i, v in enumerate(xs, start=2):
        t += i * v * v
    return t


CASES = [
    (overwritten, (1.2, 0.7), ("x", "y")),
    (over_twice, (VECTOR, 0.7), ("x", "y")),
    (pop_in_branch, (1.2, 0.7, True), ("x", "y")),
    (pop_in_branch, (1.2, 0.7, False), ("x", "y")),
    (neg_after_pop, (1.2, 0.7), ("x", "y")),
    (mutated_arg, ([1.2, 0.3], 0.7), ("xs", "y")),
    (mutated_dict_arg, ({"a": 1.2}, 0.7), ("d", "y")),
    (loop_dict_growing, (1.2, 4), ("x",)),
    (max_of_items, ({"a": 1.2, "b": 0.7},), ("params",)),
    (keys_used, ({"a": 1.2, "b": 0.7},), ("params",)),
    (get_none, ({"w": 1.2}, 0.5), ("params", "x")),
    (get_none, ({"w": 1.2, "bias": 0.4}, 0.5), ("params", "x")),
    (dictview_twice, ({"a": 1.2, "b": 0.7},), ("params",)),
    (tuple_unpack_dict, ({"a": 1.2, "b": 0.7},), ("d",)),
    (enum_start, ([1.2, 0.7],), ("xs",)),
    (product_of_lists, ([[1.0, 2.0], [3.0, 0.5]], [[0.1, 0.2], [0.3, 0.4]]), ("a", "b")),
    (product_of_lists, (MATRIX[:2, :2], MATRIX[1:, 1:]), ("a", "b")),
    (nested_state, ({"w": {"k": 0.7}}, 1.2), ("params", "x")),
    (gradients_by_hand, ({"w": VECTOR}, 1.2), ("params", "x")),
    (zip_in_enumerate_reversed, ([1.2, 0.7], VECTOR), ("xs", "ys")),
    (mlp_loss, (MLP, BATCH), ("params",)),
    (mlp_loss, (MLP, BATCH), ("params", "x")),
    (nested_params, (NESTED, VECTOR), ("params",)),
    (
        params_with_a_name,
        ({"w": weights(3, 2), "activation": "tanh", "gain": 1.2}, VECTOR),
        ("params",),
    ),
    (weight_decay, (MLP,), ("params",)),
    (weight_decay_by_key, (MLP,), ("params",)),
    (norms, (MLP,), ("params",)),
    (sorted_items, ({"b": 0.5, "a": 1.2}, 0.7), ("params", "x")),
    (numbered_items, ({"gain": VECTOR, "b": 2.0}, VECTOR + 1.0), ("params", "x")),
    (int_keys, ({0: 1.0, 3: 0.5, 2: -1.0}, 1.3), ("powers", "x")),
    (forward_with_cache, (VECTOR, 0.7), ("x", "w")),
    (forward_with_cache, (VECTOR, MATRIX), ("x", "w")),
    (state_machine, (0.4, 0.2, 4), ("x", "v")),
    (new_state_each_step, (0.4, 0.2, 4), ("x", "v")),
    (merged_options, (1.2, {"b": 0.3, "d": 1.0}), ("x", "params")),
    (union_of_dicts, (1.2, {"b": 0.3, "d": 1.0}), ("x", "params")),
    (updated, (1.2, 0.7), ("x", "y")),
    (updated_by_keywords, (1.2, 0.7), ("x", "y")),
    (with_default, ({"gain": 2.0}, 0.7), ("params", "x")),
    (counted, (1.2, 0.7), ("x", "y")),
    (set_default, (1.2, 0.7), ("x", "y")),
    (popped_from_dict, (1.2, 0.7), ("x", "y")),
    (deleted_from_dict, (1.2, 0.7), ("x", "y")),
    (dict_of_zip, ([1.2, 0.7, 0.3], 0.7), ("xs", "x")),
    (dict_of_zip, (VECTOR, 0.7), ("xs", "x")),
    (values_as_array, ({"a": 1.0, "b": 2.0},), ("params",)),
    (sum_of_values, ({"a": 1.0, "b": 2.0},), ("params",)),
    (augmented_items, (1.2, 0.7), ("x", "y")),
    (gradient_step, ({"w": 0.3, "b": 2.0}, 0.7), ("params", "x")),
    (memoised, (1.2,), ("x",)),
    (counts_what_is_there, (1.2,), ("x",)),
    (layers_of_tuples, (LAYERS, BATCH), ("layers", "x")),
    (layers_of_dicts, ([{"w": w, "b": b} for w, b in LAYERS], BATCH), ("layers",)),
    (mean_of_history, (0.4, 3), ("x",)),
    (mean_of_history, (VECTOR, 3), ("x",)),
    (history_as_array, (0.4, 3), ("x",)),
    (joined_history, (0.4, 3), ("x",)),
    (extended, (1.2, 0.7), ("x", "y")),
    (starred_display, ([1.2, 0.4], 0.7), ("xs", "y")),
    (starred_display, (VECTOR, 0.7), ("xs", "y")),
    (two_starred, ([1.2, 0.4], (0.7,)), ("xs", "ys")),
    (repeated_list, (1.2, 3), ("x",)),
    (stack_machine, (1.2, 0.7), ("x", "y")),
    (queue, (0.6, 4), ("x",)),
    (inserted, (1.2, 0.7), ("x", "y")),
    (popped_anywhere, (1.2, 0.7), ("x", "y")),
    (deleted, (1.2, 0.7), ("x", "y")),
    (reversed_list, (1.2, 0.7), ("x", "y")),
    (item_assignment, (1.2, 0.7), ("x", "y")),
    (slices_of_lists, ([1.2, 0.7, 0.3],), ("xs",)),
    (slices_of_lists, (VECTOR,), ("xs",)),
    (horner, ([1.2, 0.7, 0.3], 0.6), ("coefficients", "x")),
    (largest, (1.2, 0.7), ("x", "y")),
    (sorted_values, ([1.2, 0.7, 0.3],), ("xs",)),
    (descending, (VECTOR, 0.3), ("xs", "x")),
    (products, ([1.2, 0.7, 0.3],), ("xs",)),
    (stacked, (VECTOR, VECTOR + 1.0), ("x", "y")),
    (matrix_of_numbers, (1.2, 0.7), ("x", "y")),
    (reduced_display, (VECTOR, VECTOR + 1.0), ("v", "w")),
    (list_as_operand, (VECTOR, VECTOR + 1.0), ("v", "w")),
    (running_mean, ([1.2, 0.7, 0.3], 0.9), ("xs", "decay")),
    (pairs, ([1.2, 0.7], VECTOR), ("xs", "ys")),
    (distances, (BATCH,), ("points",)),
    (distances, ([VECTOR, VECTOR * 2.0, VECTOR + 1.0],), ("points",)),
    (list_and_tuple, ([1.2, 0.7],), ("xs",)),
    (copied, (1.2, 0.7), ("x", "y")),
    (cleared, (1.2, 0.7), ("x", "y")),
    (removed, (1.2, 0.7), ("x", "y")),
    (tuple_grows, (1.2, 3), ("x",)),
]

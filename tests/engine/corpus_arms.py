"""Programs with several ways on: try and match; and with contexts, imports and the like around."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import contextlib
import dataclasses
import math
import warnings

import numpy as np

RNG = np.random.default_rng(32)


# --- try ------------------------------------------------------------------------------------------


def cholesky_with_a_fallback(a, x):
    try:
        l = np.linalg.cholesky(a)
        y = np.sum(l * x)
    except np.linalg.LinAlgError:
        y = np.sum(a) * x * x
    return y * x


def safe_division(x, y):
    z = x
    try:
        z = x / y
    except ZeroDivisionError:
        pass
    return z * x


def safe_log(x):
    try:
        y = math.log(x)
    except ValueError:
        y = x * x
    return y * x


def returns_from_both_arms(x, y):
    try:
        return math.sqrt(x - y) * x
    except ValueError:
        return x * y


def returns_from_the_handler(x, y):
    z = x * y
    try:
        w = math.sqrt(z)
    except ValueError:
        return z * 0.5
    return w * z


def several_handlers(x, y, n):
    s = x
    for i in range(n):
        try:
            t = math.log(s - 1.0)
            s = t * s + 0.5
        except ValueError:
            s = s * s + y
        except (TypeError, ZeroDivisionError) as e:
            print(e)
            s = s * y
        else:
            s = s + 1.0
        finally:
            k = i
    return s * k


def raised_inside(x, limit):
    try:
        y = x * x
        if y > limit:
            raise ValueError("too large")
        z = y * x
    except ValueError as error:
        z = limit * x + len(str(error))
    return z


def raised_and_raised_again(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        raise ValueError("negative") from None
    return y * x


def only_finally(x, log):
    y = x
    try:
        y = y * x
        y = y * y
    finally:
        log.append("done")
    return y * x


def finally_that_computes(x):
    try:
        y = math.log(x)
    except ValueError:
        y = x
    finally:
        x = x * x
    return y * x


def retries(x, n):
    step = 4.0
    for attempt in range(n):
        try:
            y = math.sqrt(2.0 * x - step)
            break
        except ValueError:
            step = step * 0.5
            x = x * 1.1
    else:
        y = x
    return y * step * x


def skips_bad_items(x, items):
    total = 0.0
    for item in items:
        try:
            value = float(item)
        except ValueError:
            continue
        total = total + value * x * x
    return total


def stops_at_a_bad_item(x, items):
    for v in items:
        try:
            w = 1.0 / v
        except ZeroDivisionError:
            break
        x = x * w
    return x


def pops_until_empty(x, items):
    while True:
        try:
            v = items.pop()
        except IndexError:
            break
        x = x * v + math.sin(x)
    return x


def nested_tries(x, y):
    try:
        try:
            z = math.sqrt(x)
        except ValueError:
            z = math.log(y)
    except ValueError:
        z = x * y
    return z * z * x


def inverse(v):
    if v < 0.1:
        raise ValueError("too small")
    w = 1.0 / v
    return w * w


def calls_what_may_fail(x, y):
    total = 0.0
    for v in (x, y, x * y):
        try:
            w = inverse(v)
        except ValueError:
            w = v * v
        total = total + w * x
    return total


def fails_without_need(v):
    unused = 1.0 / (v - v + 0.0 * math.floor(v))
    return v * v


def exception_of_an_unused_value(x):
    try:
        y = fails_without_need(x)
    except ZeroDivisionError:
        y = 3.0 * x
    return y


def unused_value_in_the_try(x, d):
    try:
        check = 1.0 / d
        y = x * x
    except ZeroDivisionError:
        y = 5.0 * x
    return y * x


def floating_point_errors(x, y):
    with np.errstate(all="raise"):
        try:
            z = np.float64(x) / y
        except FloatingPointError:
            z = x * y
    return z * x


def optional_import(x):
    try:
        from math import tau_that_is_not_there as scale
    except ImportError:
        scale = 2.0
    return x * x * scale


def key_with_a_default(x, table):
    try:
        scale = table["scale"]
    except KeyError:
        scale = 3.0
    return x * x * scale


def stored_in_a_try(x, y):
    out = np.zeros(3)
    for i in range(4):
        try:
            out[i] = x * y[i]
        except IndexError:
            out[0] = out[0] * x
    return np.sum(out * out)


def loop_in_a_try(x, n):
    try:
        y = x
        for i in range(n):
            y = y * math.sin(x + i)
        z = math.log(y - 10.0)
    except ValueError:
        z = x * x
    return z * x


def overwritten_in_a_try(x):
    for i in range(3):
        try:
            y = x * x
            y = y * x
            y = math.sqrt(y - 1.0)
        except ValueError:
            y = x
        x = x * 0.9 + 0.1 * y
    return x


# --- match ----------------------------------------------------------------------------------------


def activation(x, kind):
    match kind:
        case "relu":
            y = np.maximum(x, 0.0)
        case "tanh" | "sigmoid":
            y = np.tanh(x)
        case None:
            y = x * x
        case _:
            raise ValueError(kind)
    return np.sum(y * y)


def activation_returned(x, kind):
    match kind:
        case "softplus":
            return np.sum(np.log1p(np.exp(x)))
        case "square":
            return np.sum(x * x)
    return np.sum(x)


def matched_number(x):
    match x:
        case 0.0:
            y = x
        case v:
            y = v * v
    return y * x


def matched_with_a_guard(x, n):
    s = x
    for i in range(n):
        match i % 3:
            case 0:
                s = s * x
            case 1 if s > 2.0:
                s = s * 0.5
            case 1:
                s = s + x
            case _:
                continue
        s = s + 1.0
    return s


def matched_shape(x, spec):
    match spec:
        case (a, b):
            y = a * b * x
        case [a, *rest]:
            y = a * x + len(rest)
        case {"scale": k, **others}:
            y = k * x * x
        case float(v) if v > 2:
            y = v * x
        case str():
            return x * x * x
        case _:
            y = x
    return y * y


def matched_in_a_loop(x, ops):
    for op in ops:
        match op:
            case ("mul", k):
                x = x * k
            case ("add", k):
                x = x + k
            case ("sin",):
                x = math.sin(x)
            case ("stop",):
                break
            case _:
                pass
    return x


@dataclasses.dataclass
class Square:
    side: float


@dataclasses.dataclass
class Circle:
    radius: float


def matched_class(x, shape):
    match shape:
        case Square(side=s):
            area = s * s * x
        case Circle(radius=r):
            area = 3.0 * r * r * x * x
        case _:
            area = x
    return area * x


def matched_pair(pair):
    match pair:
        case (a, b):
            return a * b * b
        case _:
            return pair[0]


def matched_states(x, n):
    state = "start"
    total = x
    for i in range(n):
        match state:
            case "start":
                total = total * x
                state = "grow"
            case "grow":
                total = total + x * x
                if total > 3.0:
                    state = "shrink"
            case "shrink":
                total = total * 0.5
                state = "start"
    return total


# --- contexts and what stands around --------------------------------------------------------------


@contextlib.contextmanager
def timer(times):
    times.append("in")
    yield len(times)
    times.append("out")


def timed(x, times):
    with timer(times) as t:
        y = x * x * t
    return y * x


def quiet(x, n):
    for _ in range(n):
        with warnings.catch_warnings(), np.errstate(over="ignore"):
            y = x * x
            x = np.sqrt(y + 1.0)
    return x


def suppressed(x, table):
    y = x * x
    with contextlib.suppress(KeyError):
        y = x * table["scale"] * y
    return y * x


def checked_on_the_way(x, n):
    assert n > 0, "n must be positive"
    y = x
    for i in range(n):
        assert y < 1e6
        scratch = i * 2
        y = y * x + scratch
        del scratch
        pass
    if not y > 0.0:
        raise ValueError(f"negative: {y}")
    return y


def imports_inside(x, n):
    import math as m
    from math import exp
    for i in range(n):
        import numpy as nump
        x = m.sin(x) * exp(-x) + nump.sqrt(x)
    return x


def circle(r):
    from math import pi
    import math as m
    return pi * r * r + m.e * m.sin(r)


def imports_in_a_helper(x):
    return circle(x) * circle(2.0 * x)


def chooses_a_way_by_number(x, n):
    for i in range(n):
        way = 0
        if x > 2.0:
            way = 2
            x = x * 0.3
        elif x > 1.0:
            way = 1
            y = x * x
        if way:
            x = x * 1.1
        if way == 1:
            x = x + y
        elif way == 0:
            x = x * x + 1.0
    return x


def branch_at_the_end_of_a_try(x, d, kind):
    y = x
    try:
        z = x / d
        y = y * z
    except ZeroDivisionError:
        y = y * 3.0
    if kind:
        y = y * x
    return y


SCALE = 3.0


def reads_a_global(x):
    global SCALE
    return x * x * SCALE


CASES = [
    (cholesky_with_a_fallback, (np.array([[2.0, 0.3], [0.3, 1.0]]), 1.3), ("x",)),
    (cholesky_with_a_fallback, (np.array([[-2.0, 0.3], [0.3, 1.0]]), 1.3), ("x",)),
    (safe_division, (1.3, 0.7), ("x", "y")),
    (safe_division, (1.3, 0.0), ("x",)),
    (safe_log, (1.3,), ("x",)),
    (safe_log, (-1.3,), ("x",)),
    (returns_from_both_arms, (1.3, 0.7), ("x", "y")),
    (returns_from_both_arms, (0.3, 0.7), ("x", "y")),
    (returns_from_the_handler, (1.3, 0.7), ("x", "y")),
    (returns_from_the_handler, (0.3, -0.7), ("x", "y")),
    (several_handlers, (1.3, 0.7, 5), ("x", "y")),
    (several_handlers, (3.3, 0.7, 4), ("x", "y")),
    (raised_inside, (1.3, 5.0), ("x", "limit")),
    (raised_inside, (1.3, 1.5), ("x", "limit")),
    (raised_and_raised_again, (1.3,), ("x",)),
    (only_finally, (1.3, []), ("x",)),
    (finally_that_computes, (1.3,), ("x",)),
    (finally_that_computes, (-1.3,), ("x",)),
    (retries, (0.7, 5), ("x",)),
    (retries, (0.7, 1), ("x",)),
    (skips_bad_items, (1.3, ["1.5", "x", "2.0"]), ("x",)),
    (stops_at_a_bad_item, (1.3, [2.0, 3.0, 0.0, 1.0]), ("x",)),
    (stops_at_a_bad_item, (1.3, [0.0]), ("x",)),
    (pops_until_empty, (1.3, [0.4, 0.7]), ("x",)),
    (nested_tries, (1.3, 0.7), ("x", "y")),
    (nested_tries, (-1.3, 0.7), ("x", "y")),
    (nested_tries, (-1.3, -0.7), ("x", "y")),
    (calls_what_may_fail, (1.3, 0.7), ("x", "y")),
    (calls_what_may_fail, (1.3, 0.05), ("x", "y")),
    (exception_of_an_unused_value, (1.3,), ("x",)),
    (unused_value_in_the_try, (1.3, 0.0), ("x",)),
    (unused_value_in_the_try, (1.3, 1.0), ("x",)),
    (floating_point_errors, (1.3, 0.0), ("x",)),
    (floating_point_errors, (1.3, 0.7), ("x", "y")),
    (optional_import, (1.3,), ("x",)),
    (key_with_a_default, (1.3, {"scale": 2.0}), ("x",)),
    (key_with_a_default, (1.3, {}), ("x",)),
    (stored_in_a_try, (1.3, RNG.normal(size=3)), ("x", "y")),
    (loop_in_a_try, (1.3, 3), ("x",)),
    (overwritten_in_a_try, (1.3,), ("x",)),
    (activation, (RNG.normal(size=3), "relu"), ("x",)),
    (activation, (RNG.normal(size=3), "sigmoid"), ("x",)),
    (activation, (RNG.normal(size=3), None), ("x",)),
    (activation_returned, (RNG.normal(size=3), "softplus"), ("x",)),
    (activation_returned, (RNG.normal(size=3), "square"), ("x",)),
    (activation_returned, (RNG.normal(size=3), "other"), ("x",)),
    (matched_number, (1.3,), ("x",)),
    (matched_with_a_guard, (1.3, 7), ("x",)),
    (matched_shape, (1.3, (2.0, 3.0)), ("x",)),
    (matched_shape, (1.3, [2.0, 3.0, 4.0]), ("x",)),
    (matched_shape, (1.3, {"scale": 2.0, "b": 1}), ("x",)),
    (matched_shape, (1.3, 2.5), ("x",)),
    (matched_shape, (1.3, 1.5), ("x",)),
    (matched_shape, (1.3, "cubic"), ("x",)),
    (matched_in_a_loop, (1.3, [("mul", 2.0), ("sin",), ("add", 0.4), ("other",), ("stop",), ("mul", 9.0)]), ("x",)),
    (matched_class, (1.3, Square(2.0)), ("x",)),
    (matched_class, (1.3, Circle(2.0)), ("x",)),
    (matched_pair, ((1.3, 0.7),), ("pair",)),
    (matched_states, (1.3, 8), ("x",)),
    (timed, (1.3, []), ("x",)),
    (suppressed, (1.3, {"scale": 2.0}), ("x",)),
    (suppressed, (1.3, {}), ("x",)),
    (quiet, (1.3, 3), ("x",)),
    (checked_on_the_way, (1.3, 3), ("x",)),
    (imports_inside, (1.3, 2), ("x",)),
    (imports_in_a_helper, (1.3,), ("x",)),
    (chooses_a_way_by_number, (1.3, 6), ("x",)),
    (chooses_a_way_by_number, (2.3, 5), ("x",)),
    (branch_at_the_end_of_a_try, (1.3, 0.7, True), ("x", "d")),
    (branch_at_the_end_of_a_try, (1.3, 0.0, False), ("x",)),
    (reads_a_global, (1.3,), ("x",)),
]

"""``np.einsum`` in every form as products of at most two operands with written subscripts: the
form that its rule knows."""

from __future__ import annotations

from string import ascii_letters

from tangent.ir import nodes as ir
from tangent.source.text import Span


def in_pairs(
    args: tuple[ir.Expr, ...], function: ir.Expr | None, span: Span | None
) -> tuple[ir.Expr, ...]:
    """The arguments of a call with the same result that has at most two operands; as they were
    if the subscripts are not written out."""
    args = _with_text(args)
    if len(args) <= 3 or not isinstance(args[0], ir.Const) or not isinstance(args[0].value, str):
        return args
    given, arrow, result = args[0].value.replace(" ", "").partition("->")
    terms = given.split(",")
    operands = args[1:]
    if len(terms) != len(operands):
        return args
    if not arrow:
        letters = given.replace("...", "").replace(",", "")
        once = sorted(letter for letter in set(letters) if letters.count(letter) == 1)
        result = ("..." if "..." in given else "") + "".join(once)
    term, product = terms[0], operands[0]
    for i in range(1, len(terms) - 1):
        later = "".join(terms[i + 1 :]) + result
        both = term + terms[i]
        kept = "".join(c for c in dict.fromkeys(both) if c != "." and c in later)
        kept = ("..." if "..." in both else "") + kept
        subscripts = ir.Const(f"{term},{terms[i]}->{kept}")
        pair = (subscripts, product, operands[i])
        term, product = kept, ir.Op("numpy.einsum", pair, function=function, span=span)
    return ir.Const(f"{term},{terms[-1]}->{result}"), product, operands[-1]


def _with_text(args: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
    """``einsum(a, [0, 1], b, [1, 2], [0, 2])`` with its subscripts as text. Without those of the
    result these are the sorted numbers that occur once, as they are for letters."""
    if not args or (isinstance(args[0], ir.Const) and isinstance(args[0].value, str)):
        return args
    count = len(args) // 2
    terms = [_letters(args[2 * i + 1]) for i in range(count)]
    result = [_letters(args[-1])] if len(args) % 2 else []
    if not count or None in (*terms, *result):
        return args
    text = ",".join(str(term) for term in terms) + "".join(f"->{r}" for r in result)
    return ir.Const(text), *(args[2 * i] for i in range(count))


def _letters(expr: ir.Expr) -> str | None:
    """The letters for a list of integers that is written out."""
    if not isinstance(expr, ir.Op) or expr.callee not in ("list", "tuple"):
        return None
    out: list[str] = []
    for part in expr.args:
        value = part.value if isinstance(part, ir.Const) else None
        if value is Ellipsis:
            out.append("...")
        elif type(value) is int and 0 <= value < len(ascii_letters):
            out.append(ascii_letters[value])
        else:
            return None
    return "".join(out)

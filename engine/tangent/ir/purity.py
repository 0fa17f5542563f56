"""Which operations have no effect beside their result."""

from __future__ import annotations

from tangent.ir import nodes as ir
from tangent.rules import registry

# Operations that change their first argument.
IN_PLACE = frozenset(
    {
        "dict.setdefault",
        "dict.update",
        "list.add_to_part",
        "list.append",
        "list.append_to_part",
        "list.clear",
        "list.delete",
        "list.extend",
        "list.insert",
        "list.pop",
        "list.remove",
        "list.reverse",
        "list.set_part",
        "tangent.add_at",
        "tangent.add_field",
    }
)
_PURE = frozenset(
    {
        "compare",
        "and",
        "or",
        "select",
        "object",
        "tuple",
        "list",
        "dict",
        "dict.get",
        "dict.items",
        "slice",
        "constant",
        "builtins.range",
        "builtins.reversed",
        "builtins.len",
        "builtins.enumerate",
        "builtins.zip",
        "builtins.isinstance",
        "functools.partial",
        "builtins.dict",
        "tangent.derivative_pair",
        "tangent.with_tangent",
        "operator.not_",
    }
)
_CHECKS = frozenset(
    {
        "tangent.check_seed",
        "tangent.check_tangent_seed",
        "tangent.check_arrays",
        "tangent.check_method",
        "tangent.check_numbers",
        "tangent.check_shapes",
        "tangent.take_field",
        "tangent.take_out",
    }
)
_NOTICED = ("numpy.random.", "tensorflow.random.", "random.")


def is_pure_operation(op: ir.Op) -> bool:
    """Whether nobody can tell if the operation itself (not its operands) was done."""
    if op.callee in _CHECKS or op.callee in IN_PLACE:
        return False
    if op.form in (ir.Form.OPERATOR, ir.Form.SUBSCRIPT, ir.Form.ATTRIBUTE, ir.Form.DISPLAY):
        return True
    if op.callee in _PURE:
        return True
    if op.callee.startswith(_NOTICED) or op.callee == "builtins.print":
        return False
    return registry.rule_for(op.callee) is not None or registry.is_zero_gradient(op.callee)

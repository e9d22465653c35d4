"""Verbs of numbers as plain code: arithmetic, casts, comparisons of doubles."""

from __future__ import annotations

from typing import Final, Protocol

from lishui_credit.backends.nulls_and_sizes import REAL, Facts, most_of, what
from lishui_credit.backends.plain_syntax import (
    ATOM,
    PRODUCT,
    SIGN,
    START,
    SUM,
    Here,
    Said,
    Syntax,
    unprintable,
)
from lishui_credit.backends.recorder import WHOLE, Node

CONTRARY: Final = {"eq": "!=", "lt": ">=", "le": ">", "gt": "<=", "ge": "<"}
SIGNS: Final = {"eq": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_ARITHMETIC: Final = {"add": "+", "sub": "-", "mul": "*"}
_WHOLE_TEXTS: Final = (*WHOLE, "Boolean")


class Values(Protocol):
    """Prints parts; `plain_expressions.Expressions` does."""

    syntax: Syntax
    facts: Facts

    def big(self, node: Node) -> bool:
        """Tell whether a node is held in the type of large whole numbers."""

    def value(self, node: Node, here: Here = START, big: bool | None = None) -> Said:
        """Return a node's value."""


def arithmetic(values: Values, node: Node, here: Here) -> Said:
    """Return a sum, difference, product or quotient of parts that are not null."""
    verb, syntax = node.verb, values.syntax
    big = any(map(values.big, (node, *node.parts)))
    doubles = node.kind == "Float64"
    nodes = [_double(part) for part in node.parts] if doubles else node.parts
    parts = [values.value(part, here, big and not doubles) for part in nodes]
    if verb == "truediv":
        for part in node.parts:
            if part.kind != "Float64":
                raise unprintable(f"truediv {part.kind}", syntax)
        made = syntax.divided(parts[0], parts[1])
    elif verb == "floordiv":
        if node.kind not in WHOLE:
            raise unprintable(f"floordiv {node.kind}", syntax)
        made = syntax.quotient(parts[0], parts[1], big)
    elif verb == "neg":
        made = Said(f"-{parts[0].at(SIGN + 1)}", SIGN) if doubles else syntax.minus(parts[0], big)
    else:
        rank = PRODUCT if verb == "mul" else SUM
        left, right = parts[0].at(rank), parts[1].at(rank + 1)
        made = Said(f"{left} {_ARITHMETIC[verb]} {right}", rank)
    same = doubles or big is values.big(node)
    return made if same else Said(syntax.narrowed(made.text))


def cast(values: Values, node: Node, here: Here) -> Said:
    """Return a part that is not null in another type; a whole number that may not fit is checked."""
    part, syntax = node.parts[0], values.syntax
    before, after = part.kind, node.kind
    if before == after:
        return values.value(part, here)
    if before in WHOLE and after in WHOLE:
        if values.facts.size(part) < most_of(after):
            return values.value(part, here, values.big(node))
        made = syntax.checked(values.value(part, here).text, most_of(after), values.big(part))
        change = values.big(part) is not values.big(node)
        return Said(syntax.narrowed(made.text)) if change else made
    text = values.value(part, here)
    if after == "Float64" and before in _WHOLE_TEXTS:
        return syntax.floated(text.at(ATOM), before)
    if after == "String" and before in _WHOLE_TEXTS:
        return syntax.spelled(text.at(ATOM), before)
    if before == "Float64" and after in WHOLE:
        cut = syntax.cut_off(text.text, values.big(node))
        return syntax.checked(cut.text, most_of(after), values.big(node))
    if before == "Boolean" and after in WHOLE:
        return syntax.counted(text.at(ATOM))
    raise unprintable(f"cast {before} {after}", syntax)


def of_doubles(values: Values, node: Node, here: Here, outcome: bool) -> Said:
    """Return a comparison of doubles, among which NaN is the largest and equal to itvalues."""
    syntax, verb = values.syntax, node.verb
    exact = [part.kind not in WHOLE or values.facts.size(part) <= 2**53 for part in node.parts]
    parts = [p if fits else _double(p) for p, fits in zip(node.parts, exact, strict=True)]
    left, right = (values.value(part, here).at(SUM) for part in parts)
    real = [_real(values, part, here) for part in parts]
    if all(real):
        return syntax.compared(left, (SIGNS if outcome else CONTRARY)[verb], right)
    if verb == "eq":
        said = syntax.compared(left, "==", right) if any(real) else syntax.same(left, right)
    else:
        swapped, contrary = verb in ("le", "gt"), verb in ("le", "ge")
        if swapped:
            left, right = right, left
        said = syntax.below(left, right)
        outcome = outcome is not contrary
    return said if outcome else syntax.negation(said)


def _real(values: Values, node: Node, here: Here) -> bool:
    """Tell whether a node is known not to be NaN."""
    if node.kind in WHOLE or (REAL, what(node)) in here.known:
        return True
    if node.verb == "cast":
        before = node.parts[0]
        return before.kind in WHOLE or (before.kind == node.kind and _real(values, before, here))
    return node.verb == "lit" and node.value == node.value


def _double(node: Node) -> Node:
    """Return a whole number as the double that stands for it."""
    return node if node.kind not in WHOLE else Node("cast", "Float64", (node,))

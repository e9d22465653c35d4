"""The columns of one row as plain statements: a choice is printed as its branches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from lishui_credit.backends.nulls_and_sizes import STRICT
from lishui_credit.backends.plain_expressions import Expressions, arms_of
from lishui_credit.backends.plain_lines import Lines
from lishui_credit.backends.plain_syntax import Here, Layout, Variable
from lishui_credit.backends.recorder import Kind, Node

Scope: TypeAlias = dict[str, Variable]
WIDTH: Final = 96
"""Characters that a choice of two may have to stand on one line."""


class Columns:
    """Adds the statements of columns to the lines of a function.

    Parameters
    ----------
    layout : Layout
        The language.
    code : Lines
        The function.
    remarks, values : mapping of str to str
        What is said over a column of that name, and beside a text that a choice gives.
    """

    def __init__(
        self, layout: Layout, code: Lines, remarks: Mapping[str, str], values: Mapping[str, str]
    ) -> None:
        self._layout, self._code = layout, code
        self._remarks, self._values = remarks, values

    def expressions(self, scope: Scope) -> Expressions:
        """Return the printer of expressions of a row."""
        return Expressions(self._layout, scope, self._code.temporary, self._values)

    def column(self, column: str, node: Node, scope: Scope) -> Variable:
        """Add the statements that compute a column."""
        code, layout, expressions = self._code, self._layout, self.expressions(scope)
        kind: Kind = "String" if node.kind == "Null" else node.kind
        held = expressions.facts.held(node)
        if node.verb == "lit" or expressions.facts.empty(node):
            text = expressions.value(node).text
            return Variable(text, kind, held, constant=True)
        node = _as_branches(node, Here(), expressions)
        name = code.name(column)
        remark = self._remarks.get(column)
        if remark:
            code.add(layout.comment(remark))
        here = Here() if node.verb == "when" else self._with_choices(node, Here(), expressions)
        simple = node.verb != "when" or _short(node)
        said = expressions.value(node, here).text if simple else ""
        if said and (node.verb != "when" or len(f"{name}{said}") <= WIDTH):
            code.add(layout.let(name, said, True), {*expressions.met} - {remark})
        else:
            for line in layout.declared([name]):
                code.add(line)
            self._given(name, node, here, expressions, expressions.big(node))
        return Variable(name, kind, held)

    def _with_choices(self, node: Node, here: Here, expressions: Expressions) -> Here:
        """Give long choices inside a value names of their own, and return the place that knows them."""
        for part in node.parts if node.verb in STRICT else ():
            if part in here.bound or expressions.facts.empty(part):
                continue
            if part.verb != "when" or _short(part):
                here = self._with_choices(part, here, expressions)
                continue
            name = self._code.name("part")
            for line in self._layout.declared([name]):
                self._code.add(line)
            self._given(name, part, here, expressions, expressions.big(part))
            here = Here(here.known, {**here.bound, part: name})
        expressions.met.clear()
        return here

    def _given(
        self, name: str, node: Node, here: Here, expressions: Expressions, big: bool
    ) -> None:
        """Add the statements that give a name the value of a node: a choice as its branches."""
        code, layout = self._code, self._layout
        expressions.met.clear()
        node = _as_branches(node, here, expressions)
        if node.verb != "when" or node in here.bound:
            here = self._with_choices(node, here, expressions)
            said = expressions.value(node, here, big)
            code.add(layout.let(name, said.text, False), expressions.met)
            return
        word = "if"
        arms, last = arms_of(node)
        for test, value in arms:
            expressions.met.clear()
            said = expressions.holds(test, here)
            if said.text == layout.true:
                last = value
                break
            if said.text != layout.false:
                opening = layout.opened(word, said.text)
                within = here.knowing(expressions.facts.where(test, True))
                with code.block(opening, expressions.met, last=False):
                    self._given(name, value, within, expressions, big)
                word = "elif"
            here = here.knowing(expressions.facts.passed(test, here.known))
        if word == "if":
            self._given(name, last, here, expressions, big)
            return
        with code.block(layout.opened("else", "")):
            self._given(name, last, here, expressions, big)


def _short(choice: Node) -> bool:
    """Tell whether a choice is of two values that are no choices themselves."""

    def chooses(node: Node) -> bool:
        return node.verb == "when" or any(map(chooses, node.parts))

    return len(choice.parts) == 3 and not any(map(chooses, choice.parts))


def _as_branches(node: Node, here: Here, expressions: Expressions) -> Node:
    """Return a test of several parts that can be null as a choice: where true, where false, null."""
    several = node.verb in ("and", "or") and node not in here.bound
    if not several or not expressions.facts.nullable(node, here.known):
        return node
    outcomes = [Node("lit", "Boolean", (), value) for value in (True, False, None)]
    fails = Node("not", "Boolean", (node,))
    return Node("when", "Boolean", (node, outcomes[0], fails, outcomes[1], outcomes[2]))

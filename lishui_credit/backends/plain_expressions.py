"""Expressions of one row as plain code, with three-valued logic decided when they are printed.

A test is printed as what holds where it is true (`Expressions.holds`) or where it is false: a null is
neither. What is known after each test (`nulls_and_sizes`) leaves out most tests for null. `plain_syntax`
says how a language writes what is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lishui_credit.backends.nulls_and_sizes import (
    COMPARISONS,
    NOTHING,
    STRICT,
    Facts,
    most_of,
    what,
)
from lishui_credit.backends.plain_numbers import CONTRARY, SIGNS, arithmetic, cast, of_doubles
from lishui_credit.backends.plain_syntax import (
    AND,
    ATOM,
    OR,
    START,
    SUM,
    Here,
    Said,
    Syntax,
    Variable,
    unprintable,
)
from lishui_credit.backends.recorder import WHOLE, Node


class Expressions:
    """The expressions of one step.

    Parameters
    ----------
    syntax : Syntax
        The language.
    columns : mapping of str to Variable
        Columns of the row at hand.
    temporary : callable
        Returns a new name for a value that is needed twice.
    remarks : mapping of str to str
        What is said beside a text that is compared or given.
    """

    def __init__(
        self,
        syntax: Syntax,
        columns: Mapping[str, Variable],
        temporary: Callable[[], str],
        remarks: Mapping[str, str],
    ) -> None:
        self.syntax = syntax
        self.facts = Facts({name: variable.held for name, variable in columns.items()})
        self.met: list[str] = []  # remarks on what was printed
        self._columns = columns
        self._temporary = temporary
        self._remarks = remarks

    def big(self, node: Node) -> bool:
        """Tell whether a node is held in the type of large whole numbers."""
        return self.syntax.big(self.facts.size(node))

    # ---- values -------------------------------------------------------------------------------

    def value(self, node: Node, here: Here = START, big: bool | None = None) -> Said:
        """Return a node's value, null where it is null, as a large number if `big` says so."""
        asked = self.big(node) if big is None else big
        if node.verb == "lit":
            return self._literal(node, asked)
        if self.facts.empty(node):
            return Said(self.syntax.null)
        said = self._own(node, here)
        if node.kind not in WHOLE or asked is self.big(node):
            return said
        change = self.syntax.widened if asked else self.syntax.narrowed
        if not self.facts.nullable(node, here.known):
            return Said(change(said.text))
        name = self._temporary()
        empty = self.syntax.is_null(self.syntax.bind(name, said).at(ATOM), True)
        return self.syntax.pick(empty, Said(self.syntax.null), Said(change(name)))

    def _literal(self, node: Node, big: bool) -> Said:
        if isinstance(node.value, str) and node.value in self._remarks:
            self.met.append(self._remarks[node.value])
        return self.syntax.constant(node.value, node.kind, big)

    def _own(self, node: Node, here: Here) -> Said:
        """Return a value in the type that the node itself is held in."""
        verb, parts, syntax = node.verb, node.parts, self.syntax
        if node in here.bound:
            return Said(here.bound[node])
        if verb == "col":
            return Said(self._columns[node.value].text)
        if verb == "coalesce":
            return self._coalesce(node, here)
        if verb == "when":
            big = self.big(node)
            return self._choice(node, here, lambda part, at: self.value(part, at, big))
        if node.kind == "Boolean":
            yes = self.holds(node, here)
            if not self.facts.nullable(node, here.known):
                return yes
            none = syntax.pick(self.holds(node, here, False), Said(syntax.false), Said(syntax.null))
            return syntax.pick(yes, Said(syntax.true), none)
        if self._same_value(node):
            return self.value(parts[0], here)
        texts, within = self._guard(node, here)
        tests = self._nulls(texts)
        made = self._strict(node, within)
        if verb == "floordiv" and self.facts.may_be_zero(parts[1], within.known):
            tests.append(self._compared_with_zero(parts[1], within))
        return syntax.pick(self._any(tests), Said(syntax.null), made) if tests else made

    def _same_value(self, node: Node) -> bool:
        """Tell whether a cast changes nothing."""
        if node.verb != "cast":
            return False
        part = node.parts[0]
        fits = part.kind in WHOLE and self.facts.size(part) < most_of(node.kind)
        return part.kind == node.kind or (fits and self.big(part) is self.big(node))

    def _nulls(self, texts: list[str]) -> list[Said]:
        return [self.syntax.is_null(text, True) for text in texts]

    def _compared_with_zero(self, node: Node, here: Here) -> Said:
        big = self.big(node)
        zero = self.syntax.constant(0, "Int64", big)
        return self.syntax.compared(self.value(node, here).at(SUM), "==", zero.text)

    def _coalesce(self, node: Node, here: Here) -> Said:
        first, second = node.parts
        big = self.big(node)
        if not self.facts.nullable(first, here.known):
            return self.value(first, here, big)
        if self.facts.empty(first):
            return self.value(second, here, big)
        told = here.knowing(frozenset({what(first)}))
        if first.verb == "col":
            test = self.syntax.is_null(self.value(first, here).text, False)
            return self.syntax.pick(
                test, self.value(first, told, big), self.value(second, here, big)
            )
        name = self._temporary()
        bound = self.syntax.bind(name, self.value(first, here, big))
        test = self.syntax.is_null(bound.at(ATOM), False)
        return self.syntax.pick(test, Said(name), self.value(second, here, big))

    def _choice(self, node: Node, here: Here, made: Callable[[Node, Here], Said]) -> Said:
        arms = []
        tests, last = arms_of(node)
        for test, value in tests:
            said = self.holds(test, here)
            if said.text == self.syntax.true:
                found = made(value, here)
                break
            if said.text != self.syntax.false:
                arms.append((said, made(value, here.knowing(self.facts.where(test, True)))))
            here = here.knowing(self.facts.passed(test, here.known))
        else:
            found = made(last, here)
        for said, value_said in reversed(arms):
            found = self._picked(said, value_said, found)
        return found

    def _picked(self, test: Said, one: Said, other: Said) -> Said:
        """Return a choice of two; of a test where it is one."""
        syntax = self.syntax
        if one.text == other.text:
            return one
        if (one.text, other.text) == (syntax.true, syntax.false):
            return test
        if other.text == syntax.false:
            return self._joined(syntax.conjunction, AND, [test, one])
        return syntax.pick(test, one, other)

    def _guard(self, node: Node, here: Here) -> tuple[list[str], Here]:
        """Return the parts that can be null, and the place where none of them is."""
        texts: list[str] = []
        for part in node.parts:
            if not self.facts.nullable(part, here.known):
                continue
            if self._null_by_parts(part, here):
                more, here = self._guard(part, here)
                texts += more
                here = here.knowing(frozenset({what(part)}))
                continue
            if part.verb == "col" or part in here.bound:
                text = self._own(part, here).text
            else:
                name = self._temporary()
                text = self.syntax.bind(name, self.value(part, here)).at(ATOM)
                here = Here(here.known, {**here.bound, part: name})
            texts.append(text)
            here = here.knowing(frozenset({what(part)}))
        return texts, here

    def _null_by_parts(self, node: Node, here: Here) -> bool:
        """Tell whether a value is null exactly where a part of it is."""
        if node.verb == "floordiv" and self.facts.may_be_zero(node.parts[1], here.known):
            return False
        return node.verb in STRICT and node.kind != "Boolean" and node not in here.bound

    def _strict(self, node: Node, here: Here) -> Said:
        """Return a verb whose parts are known not to be null."""
        verb, parts, syntax = node.verb, node.parts, self.syntax
        if verb in ("add", "sub", "mul", "neg", "floordiv", "truediv"):
            return arithmetic(self, node, here)
        if verb == "cast":
            return cast(self, node, here)
        if verb == "replace":
            return syntax.replaced(self.value(parts[0], here).at(ATOM), *node.value)
        if verb in ("year", "month", "day", "days"):
            return syntax.of_date(verb, self.value(parts[0], here).at(ATOM))
        raise unprintable(verb, syntax)

    # ---- tests --------------------------------------------------------------------------------

    def holds(self, node: Node, here: Here = START, outcome: bool = True) -> Said:
        """Return what is true exactly where a test is true (or false); nowhere where it is null."""
        verb, parts, syntax = node.verb, node.parts, self.syntax
        if self.facts.empty(node):
            return Said(syntax.false)
        if verb == "lit":
            return Said(syntax.true if node.value is outcome else syntax.false)
        if verb == "col" or node in here.bound:
            text = self._own(node, here).text
            if text in (syntax.true, syntax.false):
                return Said(syntax.true if (text == syntax.true) is outcome else syntax.false)
            if self.facts.nullable(node, here.known):
                return syntax.is_flag(text, outcome)
            return Said(text) if outcome else syntax.negation(Said(text))
        if verb == "not":
            return self.holds(parts[0], here, not outcome)
        if verb in ("and", "or"):
            return self._both(node, here, outcome)
        if verb == "is_null":
            return self._is_null(parts[0], here, outcome)
        if verb == "coalesce" and parts[1].verb == "lit":
            if parts[1].value is outcome:  # a null is as wanted: all but the contrary
                return self.contrary(self.holds(parts[0], here, not outcome))
            return self.holds(parts[0], here, outcome)
        if verb in ("when", "coalesce"):
            if verb == "coalesce":
                node = _as_choice(node)
            return self._choice(node, here, lambda part, at: self.holds(part, at, outcome))
        texts, within = self._guard(node, here)
        if outcome and self._null_is_none_of(node):
            texts = []
        core = self._test(node, within, outcome)
        told = [syntax.is_null(text, False) for text in texts]  # a null makes a test neither
        return self._joined(syntax.conjunction, AND, [*told, core])

    def _null_is_none_of(self, node: Node) -> bool:
        """Tell whether the language itself says that a null column is not equal to constants."""
        first, *others = node.parts
        plain = first.verb == "col" and first.kind != "Float64" and not self.big(first)
        listed = all(part.verb == "lit" and part.value is not None for part in others)
        return node.verb in ("eq", "is_in") and plain and listed and not any(map(self.big, others))

    def contrary(self, said: Said) -> Said:
        """Return the contrary of what `holds` returns."""
        syntax = self.syntax
        if said.text in (syntax.true, syntax.false):
            return Said(syntax.false if said.text == syntax.true else syntax.true)
        return syntax.negation(said)

    def _both(self, node: Node, here: Here, outcome: bool) -> Said:
        first, second = node.parts
        both = (node.verb == "and") is outcome
        if both:
            more = self.facts.where(first, outcome)
        elif self.facts.nullable(first, here.known):
            more = NOTHING
        else:
            more = self.facts.where(first, not outcome)
        said = [self.holds(first, here, outcome), self.holds(second, here.knowing(more), outcome)]
        syntax = self.syntax
        if both:
            return self._joined(syntax.conjunction, AND, said)
        return self._joined(syntax.disjunction, OR, said)

    def _any(self, tests: list[Said]) -> Said:
        return self._joined(self.syntax.disjunction, OR, tests)

    def _joined(self, word: str, rank: int, said: list[Said]) -> Said:
        """Return tests joined by and, or by or, without those that settle nothing."""
        syntax = self.syntax
        nothing, all_of_it = syntax.true, syntax.false
        if rank == OR:
            nothing, all_of_it = all_of_it, nothing
        kept = [part for part in said if part.text != nothing]
        if any(part.text == all_of_it for part in kept):
            return Said(all_of_it)
        if len(kept) < 2:
            return kept[0] if kept else Said(nothing)
        return Said(word.join(part.at(rank) for part in kept), rank)

    def larger(self, there: Said, cell: str, larger: Said) -> Said:
        """Test that a value is there and larger than what a cell holds, if that holds anything."""
        none = self.syntax.is_null(cell, True)
        return self._joined(self.syntax.conjunction, AND, [there, self._any([none, larger])])

    def _is_null(self, part: Node, here: Here, outcome: bool) -> Said:
        syntax = self.syntax
        if self.facts.empty(part):
            return Said(syntax.true if outcome else syntax.false)
        if not self.facts.nullable(part, here.known):
            return Said(syntax.false if outcome else syntax.true)
        if self._null_by_parts(part, here):
            found = [syntax.is_null(text, outcome) for text in self._guard(part, here)[0]]
            return self._any(found) if outcome else self._joined(syntax.conjunction, AND, found)
        return syntax.is_null(self.value(part, here).at(ATOM), outcome)

    def _test(self, node: Node, here: Here, outcome: bool) -> Said:
        """Return a strict test of parts that are known not to be null."""
        verb, parts, syntax = node.verb, node.parts, self.syntax
        if verb == "is_in":
            big = self.big(parts[0])
            kind = parts[0].kind
            values = [self._literal(Node("lit", kind, (), value), big).text for value in node.value]
            return syntax.among(self.value(parts[0], here).at(SUM), values, outcome)
        if verb == "is_nan":
            return syntax.is_nan(self.value(parts[0], here).at(SUM), outcome)
        if verb not in COMPARISONS:
            raise unprintable(verb, syntax)
        kinds = {part.kind for part in parts}
        if kinds & {"Float64"}:
            return of_doubles(self, node, here, outcome)
        big = verb == "eq" and any(map(self.big, parts))
        said = [self.value(part, here, big or None).at(SUM) for part in parts]
        if kinds == {"String"} and verb != "eq":
            raise unprintable(f"{verb} String", syntax)
        if kinds == {"Boolean"} and verb != "eq":
            raise unprintable(f"{verb} Boolean", syntax)
        return syntax.compared(said[0], (SIGNS if outcome else CONTRARY)[verb], said[1])


def arms_of(node: Node) -> tuple[list[tuple[Node, Node]], Node]:
    """Return the tests and values of a choice, and of the choice that it ends on, and the last value."""
    arms, last = list(zip(node.parts[::2], node.parts[1::2], strict=False)), node.parts[-1]
    if last.verb != "when":
        return arms, last
    more, last = arms_of(last)
    return arms + more, last


def _as_choice(node: Node) -> Node:
    """Return the first of two that is not null as a choice."""
    first, second = node.parts
    empty = Node("is_null", "Boolean", (first,))
    return Node("when", node.kind, (empty, second, first))

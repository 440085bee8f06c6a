"""A small reader of PromQL: which metrics an expression asks for, with which labels.

It knows numbers, selectors with matchers and a range, functions, aggregations with `by` and `without`, and operators
with `on` and `ignoring`; nothing else, such as subqueries, offsets or strings. What it cannot read is a ValueError.
"""

import re
from dataclasses import dataclass, field

FUNCTIONS = {"rate", "increase", "histogram_quantile", "time", "max_over_time", "clamp_min", "abs"}
AGGREGATIONS = {"sum", "min", "max", "avg", "count"}
OPERATORS = {"+", "-", "*", "/", "%", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"}
OVER_RANGE = {"rate", "increase", "max_over_time"}
_TOKEN = re.compile(
    r"\s*(?:(?P<range>\[\d+[smhdw]\])|(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)"
    r'|(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>==|!=|>=|<=|=~|!~|[-+*/%<>={}(),]))'
)


@dataclass
class Asked:
    """What an expression asks for: metrics, each with the labels it is matched or grouped by, and whether over time."""

    labels: dict[str, set[str]] = field(default_factory=dict)
    over_time: set[str] = field(default_factory=set)

    def of(self, names: set[str], labels: set[str]) -> None:
        """Those metrics are asked for by those labels too."""
        for name in names:
            self.labels.setdefault(name, set()).update(labels)


class Reader:
    """Reads one expression by recursive descent."""

    def __init__(self, expression: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, expression = 0, expression.strip()
        while at < len(expression):
            found = _TOKEN.match(expression, at)
            if found is None:
                raise ValueError(f"Cannot read on from {expression[at : at + 20]!r}.")
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self.at, self.asked = 0, Asked()

    def read(self) -> Asked:
        """All of it."""
        self._expression()
        if self.at < len(self.tokens):
            raise ValueError(f"{self._peek()!r} comes after the end.")
        return self.asked

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise ValueError(f"{wanted or 'more'} is missing where {token or 'the end'} is.")
        self.at += 1
        return token

    def _expression(self) -> set[str]:
        names = self._operand()
        while self._peek() in OPERATORS:
            self._take()
            grouped = self._grouping() if self._peek() in ("on", "ignoring") else set()
            names |= self._operand()
            self.asked.of(names, grouped)
        return names

    def _operand(self) -> set[str]:
        if self._peek() == "(":
            self._take()
            names = self._expression()
            self._take(")")
            return names
        if self._kind() == "number":
            self._take()
            return set()
        if self._kind() != "name":
            raise ValueError(f"{self._peek()!r} is no operand.")
        name = self._take()
        if name in AGGREGATIONS:
            return self._aggregation()
        return self._call(name) if self._peek() == "(" else self._selector(name)

    def _aggregation(self) -> set[str]:
        grouped = self._grouping() if self._peek() in ("by", "without") else set()
        self._take("(")
        names = self._expression()
        self._take(")")
        grouped |= self._grouping() if self._peek() in ("by", "without") else set()
        self.asked.of(names, grouped)
        return names

    def _call(self, function: str) -> set[str]:
        if function not in FUNCTIONS:
            raise ValueError(f"{function} is no function that is known here.")
        self._take("(")
        names: set[str] = set()
        while self._peek() != ")":
            names |= self._expression()
            if self._peek() != ")":
                self._take(",")
        self._take(")")
        if function in OVER_RANGE and not names <= self.asked.over_time:
            raise ValueError(f"{function} needs a range such as [5m].")
        return names

    def _selector(self, name: str) -> set[str]:
        self.asked.of({name}, set())
        if self._peek() == "{":
            self._take()
            while self._peek() != "}":
                self.asked.of({name}, {self._take()})
                if self._take() not in ("=", "!=", "=~", "!~") or self._kind() != "text":
                    raise ValueError(f"{name} has a matcher that is none.")
                self._take()
                if self._peek() != "}":
                    self._take(",")
            self._take("}")
        if self._kind() == "range":
            self._take()
            self.asked.over_time.add(name)
        return {name}

    def _grouping(self) -> set[str]:
        self._take()
        self._take("(")
        labels = set()
        while self._peek() != ")":
            labels.add(self._take())
            if self._peek() != ")":
                self._take(",")
        self._take(")")
        return labels


def read(expression: str) -> Asked:
    """What an expression asks for; raises ValueError where it cannot be read."""
    return Reader(expression).read()

"""What rules, flows and pages say in English, as templates: read from the source, so that none is forgotten.

`python -m tests.review_ui.messages zh` prints what a language still lacks, ready to be filled in.
"""

import ast
import json
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from inspection.store.watched import FIGURES

ROOT = Path(__file__).parents[2]
FOLDERS = ("inspection/core", "inspection/flow", "inspection/store", "review_ui")
NOT_FOR_PEOPLE = {
    "ValueError",
    "RuntimeError",
    "KeyError",
    "TypeError",
    "FileNotFoundError",
    "HTTPException",
    "SignInFirst",
    "InvalidCapture",
    "OtherBody",
    "AlreadyServed",
}  # fmt: skip - a programmer's, a camera's, the operator's
PIECES = {
    "the AI",
    "a person",
    "escapes",
    "overkill",
    "overturns",
    "viewer",
    "inspector",
    "adjudicator",
    "engineer",
    "admin",
    "Shadow",
    "AI assist",
    "Partial automation",
    "Full automation",
    "audit share",
    "deadline",
    "pass below",
    "reject above",
    "threshold",
    "way back",
    "time",
    *(figure.title for figure in FIGURES.values()),
}  # fmt: skip - words that are put into messages
ASIDE = {"text", "detail", "words", "told"}  # what a message is called before it is raised or fired


def template(node: ast.AST) -> str | None:
    """The string of an expression with {0}, {1}, ... for what is filled in; None where it is no string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        said, fields = "", 0
        for part in node.values:
            if isinstance(part, ast.Constant):
                said += str(part.value)
            else:
                said, fields = f"{said}{{{fields}}}", fields + 1
        return said
    return None


def _said(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from (one for one in ast.walk(node.value) if (template(one) or "")[-1:] == ".")
        raised = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(raised, ast.Call) and raised.args and ast.unparse(raised.func) not in NOT_FOR_PEOPLE:
            yield raised.args[0]
        named = isinstance(node, ast.keyword) and node.arg in ("text", "detail")
        if named or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ASIDE):
            yield node.value


def _choices(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.IfExp):
        yield from _choices(node.body)
        yield from _choices(node.orelse)
    else:
        yield node


@cache
def messages() -> frozenset[str]:
    """All templates with at least two words."""
    found = set()
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in _said(ast.parse(file.read_text("utf-8"))):
                found |= {said for one in _choices(node) if (said := template(one)) and _speaks(said)}
    return frozenset(found | PIECES)


def _speaks(said: str) -> bool:
    """Whether it is a sentence, or the name of a condition: no code, no address, no piece of one."""
    begins = said[:1].isupper() or said.startswith(("{", "pass_below"))
    return " " in said.strip() and begins and said.isprintable() and (said[-1] in ".?!" or said[0] != "{")


def catalogue(language: str) -> dict[str, dict[str, object]]:
    """The texts of a language as they lie in its file, the sections only."""
    body = tomllib.loads((ROOT / f"review_ui/texts/{language}.toml").read_text("utf-8"))
    return {section: texts for section, texts in body.items() if isinstance(texts, dict)}


def missing(language: str) -> dict[str, dict[str, object]]:
    """What a language has no words for, in English, by section."""
    theirs, lacks = catalogue(language), {}
    for section, texts in {**catalogue("en"), "said": {said: said for said in sorted(messages())}}.items():
        if rest := {key: text for key, text in texts.items() if key not in theirs.get(section, {})}:
            lacks[section] = rest
    return lacks


def _line(name: str, key: str, text: object) -> str:
    return f"{json.dumps(key, ensure_ascii=False) if name == 'said' else key} = {json.dumps(text, ensure_ascii=False)}"


if __name__ == "__main__":
    for name, rest in missing(sys.argv[1]).items():
        print("\n".join([f"[{name}]", *(_line(name, key, text) for key, text in rest.items())]))

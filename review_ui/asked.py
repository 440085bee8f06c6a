"""Which units are asked for in an address, so that a selection can be shared, and its words read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, Field

from inspection.core.journal import plain
from inspection.core.policy import InvalidPolicy
from inspection.store.reports.units import UnitFilter
from review_ui.wording import number_typed

_YES_NO = {"yes": True, "no": False}
_ENGINEERS = ("reason", "audited", "disagreement", "score_from", "score_to")


def _text(length: int = 128) -> Any:
    return Field(default="", max_length=length)


class UnitQuery(BaseModel):
    """The fields of an address as they were typed; `layout` is `grid` or `list`, `before` a unit to go on after."""

    line: str = _text()
    serial: str = _text()
    exact: str = _text(3)
    since: str = _text(40)
    until: str = _text(40)
    verdict: str = _text(20)
    by: str = _text(20)
    defect: str = _text()
    view: str = _text()
    reason: str = _text(40)
    audited: str = _text(3)
    disagreement: str = _text(20)
    score_from: str = _text(20)
    score_to: str = _text(20)
    layout: str = _text(4)
    before: int | None = Field(default=None, ge=1, lt=2**63)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was typed, what is wanted, and what could not be read."""

    typed: UnitQuery
    wanted: UnitFilter
    problem: str = ""

    def address(self, **other: Any) -> str:
        """The query of an address that asks for the same, but for `other`; fields that are empty are left out."""
        values = {**self.typed.model_dump(), "before": None, **other}
        return urlencode({key: value for key, value in values.items() if value not in ("", None)})

    @property
    def more(self) -> bool:
        """Whether a field was used that is folded away."""
        rare = ("since", "until", "defect", "view", "exact", *_ENGINEERS)
        return any(getattr(self.typed, name) for name in rare)


def read(typed: UnitQuery, *, engineer: bool) -> Asked:
    """The filter that was typed; what tells the AI's opinion is for engineers alone, and left out for others."""
    told = typed.model_copy(
        update={name: "" if name in _ENGINEERS and not engineer else plain(value)
                for name, value in typed.model_dump(exclude={"before"}).items()}
    )  # fmt: skip
    try:
        wanted = UnitFilter(
            line=told.line, serial=told.serial.strip(), exact=told.exact == "yes", since=_moment(told.since),
            until=_moment(told.until), verdict=told.verdict, by=told.by, reason=told.reason,
            audited=_YES_NO.get(told.audited), defect=told.defect, view=told.view,
            score_from=number_typed(told.score_from, "score"), score_to=number_typed(told.score_to, "score"),
            disagreement=told.disagreement,
        )  # fmt: skip
    except (InvalidPolicy, ValueError, OverflowError) as unreadable:
        return Asked(typed=told, wanted=UnitFilter(line=told.line), problem=str(unreadable))
    return Asked(typed=told, wanted=wanted)


def _moment(text: str) -> datetime | None:
    """A time as browsers and people write it; in UTC where it names no zone."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidPolicy(f"{text.strip()!r} is no time: put one such as 2026-11-21T08:00.") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


TheQuery = Annotated[UnitQuery, Query()]

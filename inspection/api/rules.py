"""Rules of a line's alarms, and the thresholds that good days suggest: for engineers, since figures move with every
answer."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, Id, LineName, Text
from inspection.core.alarm import Severity
from inspection.core.rule import Action, Comparison, Rule
from inspection.flow import rules as flow
from inspection.flow import suggest
from inspection.store.reports import alarms as report

router = APIRouter(tags=["alarms"], route_class=SmallBody)
Days = Annotated[int, Query(description="Whole days to look back: 7, 14 or 28.")]


class WantedRule(BaseModel):
    """A rule as it is to be. Values are in the figure's unit: shares from 0 to 1, times in seconds."""

    model_config = ConfigDict(extra="forbid")
    figure: str = Field(max_length=64)
    comparison: Comparison
    threshold: float
    hysteresis: float = 0.0
    hold_s: float = Field(0.0, ge=0, le=86_400)
    severity: Severity = Severity.WARNING
    actions: list[Action] = Field([Action.NOTIFY], max_length=4)
    by_hand: bool = Field(False, description="Only a person ends its alarm.")
    enabled: bool = True
    reason: Text

    def rule(self) -> Rule:
        """The rule; raises InvalidAlarm."""
        same = self.model_dump(exclude={"reason", "hold_s", "actions"})
        return Rule(**same, hold=timedelta(seconds=self.hold_s), actions=tuple(self.actions))


class RuleBody(BaseModel):
    """A rule as it stands."""

    id: int
    figure: str
    unit: str = Field(description="share, seconds, per_minute or times.")
    comparison: Comparison
    threshold: float
    hysteresis: float
    hold_s: float
    severity: Severity
    actions: list[Action]
    by_hand: bool
    enabled: bool
    by: str
    at: datetime
    last_value: float | None = Field(
        description="Null where nothing can be said, as of a line that does not run. Of a figure made of what the AI "
        "said, what it was as the clock hour began."
    )
    last_at: datetime | None


class RuleMade(BaseModel):
    """The rule that was made."""

    id: int


class SuggestionBody(BaseModel):
    """The threshold as it is and as good days suggest it."""

    old: float
    new: float
    good_days: list[date]
    own: list[date] = Field(description="Those of them on which the rule itself fired: were they good?")
    left_out: dict[str, str] = Field(description="Other days, each with why.")
    readings: int
    old_fires: int = Field(description="So often the rule would have fired on the good days.")
    new_fires: int


class Adopted(BaseModel):
    """The suggested threshold, as it was shown."""

    model_config = ConfigDict(extra="forbid")
    days: int
    threshold: float
    reason: Text


@router.get("/lines/{line}/rules", responses=PEOPLE_PROBLEMS)
def get_rules(caller: AsEngineer, line: LineName) -> list[RuleBody]:
    """The line's rules, each with what its figure was when it was last asked."""
    found = caller.read(lambda tx: report.watched(tx, line, caller.now))
    return [
        RuleBody(
            id=one.kept.id, unit=one.figure.unit, hold_s=one.kept.rule.hold.total_seconds(), by=one.kept.by,
            at=one.kept.at, last_value=one.value, last_at=one.at,
            actions=list(one.kept.rule.actions),
            **{name: value for name, value in one.kept.rule.__dict__.items() if name not in ("hold", "actions")},
        )
        for one in found
    ]  # fmt: skip


@router.post("/lines/{line}/rules", status_code=201, responses=PEOPLE_PROBLEMS)
def post_rule(caller: AsEngineer, line: LineName, wanted: WantedRule) -> RuleMade:
    """Give the line another rule."""
    rule = wanted.rule()
    number = caller.write(
        lambda tx: flow.add(
            tx, line=line, rule=rule, by=caller.person.name, reason=wanted.reason, now=caller.now
        )
    )  # fmt: skip
    return RuleMade(id=number)


@router.put("/lines/{line}/rules/{number}", status_code=204, responses=PEOPLE_PROBLEMS)
def put_rule(caller: AsEngineer, line: LineName, number: Id, wanted: WantedRule) -> None:
    """Put other terms in a rule's place."""
    rule = wanted.rule()
    caller.write(
        lambda tx: flow.change(
            tx, line=line, rule_id=number, rule=rule, by=caller.person.name, reason=wanted.reason, now=caller.now
        )
    )


@router.get("/lines/{line}/rules/{number}/suggestion", responses=PEOPLE_PROBLEMS)
def get_suggestion(caller: AsEngineer, line: LineName, number: Id, days: Days = 14) -> SuggestionBody:
    """The threshold that the last good days suggest."""
    found = caller.read(lambda tx: suggest.suggested(tx, line=line, rule_id=number, days=days, now=caller.now))
    return SuggestionBody(
        old=found.old.threshold, new=found.new.threshold, good_days=list(found.good), own=list(found.own),
        readings=found.readings,
        left_out={day.day.isoformat(): day.left_out for day in found.left_out}, old_fires=found.old_fires,
        new_fires=found.new_fires,
    )  # fmt: skip


@router.post("/lines/{line}/rules/{number}/adopt", status_code=204, responses=PEOPLE_PROBLEMS)
def adopt(caller: AsEngineer, line: LineName, number: Id, adopted: Adopted) -> None:
    """Put the suggested threshold into force, if it is still the one that was shown."""
    caller.write(
        lambda tx: suggest.adopt(
            tx, line=line, rule_id=number, days=adopted.days, threshold=adopted.threshold, by=caller.person.name,
            reason=adopted.reason, now=caller.now,
        )
    )  # fmt: skip

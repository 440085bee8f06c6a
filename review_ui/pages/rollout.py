"""An engineer starts a rollout, watches the comparison, lets it through a gate, or ends it."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.line import Unknown
from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.core.rollout import InvalidRollout, Plan, Strategy, steps_from, steps_in_words
from inspection.flow import approval, rollout
from inspection.store.reports import rollout as report
from review_ui.guard import Desk, guard
from review_ui.wording import Draft, number_typed, policy_words

router = APIRouter()
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Short = Annotated[str, Form(max_length=2000)]
_USUAL = Plan()


@dataclass(frozen=True, kw_only=True)
class PlanDraft:
    """A plan as it stands in the form: every field as it was typed."""

    strategy: str = Strategy.CANARY
    steps: str = steps_in_words(_USUAL.steps)
    shadow: str = str(_USUAL.shadow_samples)
    samples: str = str(_USUAL.min_samples)
    margin: str = f"{100 * _USUAL.margin:g}"
    bake: str = f"{_USUAL.bake_s / 3600:g}"

    def plan(self) -> Plan:
        """The typed plan; raises InvalidRollout or InvalidPolicy where a field cannot be read."""
        if self.strategy not in tuple(Strategy):
            raise InvalidRollout("Choose canary or blue/green.")
        strategy = Strategy(self.strategy)
        usual = strategy is Strategy.BLUE_GREEN and self.steps == PlanDraft.steps
        numbers = {name: number_typed(getattr(self, name), name) for name in ("shadow", "samples", "margin", "bake")}
        if None in numbers.values():
            raise InvalidRollout("The plan's numbers cannot be empty.")
        shadow, samples, margin, bake = (value or 0.0 for value in numbers.values())
        return Plan(
            strategy=strategy, steps=steps_from("" if usual else self.steps, strategy), shadow_samples=int(shadow),
            min_samples=int(samples), margin=margin / 100, bake_s=bake * 3600,
        )  # fmt: skip


@router.get("/lines/{line}/rollout")
def show(desk: Engineer, line: str) -> HTMLResponse:
    """The rollout under way with its comparison, or the form for a new one."""
    return _page(desk, line)


@router.post("/lines/{line}/rollout")
def start(
    desk: Engineer, line: str, level: Short, expected: int = Form(), model: Short = "", pass_below: Short = "",
    reject_above: Short = "", audit_percent: Short = "", deadline_ms: Short = "", strategy: Short = Strategy.CANARY,
    steps: Short = "", shadow: Short = "", samples: Short = "", margin: Short = "", bake: Short = "",
    reason: Short = "", override: Short = "",
) -> Response:  # fmt: skip
    """Begin a rollout; what was typed stays where it cannot begin."""
    draft = Draft(
        level=level, model=model, pass_below=pass_below, reject_above=reject_above, audit_percent=audit_percent,
        deadline_ms=deadline_ms, reason=reason, override=bool(override), expected=expected,
    )  # fmt: skip
    typed = PlanDraft(strategy=strategy, steps=steps, shadow=shadow, samples=samples, margin=margin, bake=bake)
    try:
        terms, plan = draft.terms(), typed.plan()
        desk.write(
            lambda tx: approval.submit(
                tx, line=line, terms=terms, plan=plan, by=desk.person.name, reason=reason, now=desk.now,
                accept_override=draft.override, expected=expected, two_people=desk.services.two_people,
            )
        )  # fmt: skip
    except (InvalidPolicy, InvalidRollout, Unknown) as refused:
        return _page(desk, line, status=422, problem=str(refused), draft=draft, plan=typed)
    return desk.go(f"/lines/{line}/rollout")


@router.post("/lines/{line}/rollout/approve")
def approve(desk: Engineer, line: str, reason: Short = "") -> Response:
    """Let a paused rollout go on."""
    try:
        desk.write(lambda tx: rollout.approve(tx, line=line, by=desk.person.name, reason=reason, now=desk.now))
    except InvalidRollout as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/rollout")


@router.post("/lines/{line}/rollout/abort")
def abort(desk: Engineer, line: str, reason: Short = "") -> Response:
    """End the rollout: all units back to the stable policy."""
    try:
        desk.write(lambda tx: rollout.abort(tx, line=line, by=desk.person.name, reason=reason, now=desk.now))
    except InvalidRollout as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/rollout")


def _page(desk: Desk, name: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    page = desk.read(lambda tx: report.page(tx, name))
    versions = {model.artefact: model.version for model in page.models}
    blank: dict[str, Any] = {
        "problem": "", "draft": Draft.of(page.policy.terms, page.policy.number), "plan": PlanDraft(),
    }  # fmt: skip
    told = {**blank, **told}
    sides = () if page.live is None else (
        ("stable", page.live.stable, page.live.record.stable_only),
        ("candidate", page.live.candidate, page.live.record.candidate_only),
    )  # fmt: skip
    words = {which: policy_words(desk.speech, policy.terms, versions) for which, policy, _ in sides}
    return desk.page(
        "rollout.html", status=status, page=page, line=page.line, sides=sides, words=words,
        strategies=tuple(Strategy), steps=steps_in_words(page.live.rollout.plan.steps) if page.live else "", **told,
    )  # fmt: skip

"""The command 'jidoka rollout'."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspection.core.level import Level
from inspection.core.rollout import Strategy
from inspection.main.lines import Name
from inspection.main.users import BY, DataDir, database

if TYPE_CHECKING:
    from inspection.core.rollout import Plan
    from inspection.store.rollouts import KeptRollout

app = typer.Typer(no_args_is_help=True, help="Bring a new policy into force step by step, opened by evidence.")
Reason = Annotated[str, typer.Option(help="Why; it is kept in the journal.")]


@app.command()
def start(
    name: Name,
    reason: Reason,
    level: Annotated[Level | None, typer.Option(help="The candidate's level; the one in force without it.")] = None,
    model: Annotated[int | None, typer.Option(help="Version of the model; the one in force without it.")] = None,
    pass_below: Annotated[float | None, typer.Option(help="The AI passes up to this score (0 good to 1).")] = None,
    reject_above: Annotated[float | None, typer.Option(help="The AI rejects from this score on.")] = None,
    strategy: Annotated[Strategy, typer.Option(help="Several steps, or one switch.")] = Strategy.CANARY,
    steps: Annotated[str, typer.Option(help="Percent of units, rising to 100; a ! after one asks for a person.")] = "",
    shadow: Annotated[int, typer.Option(help="Compared units before the first step.")] = 100,
    samples: Annotated[int, typer.Option(help="Compared units that each step asks for.")] = 30,
    margin: Annotated[float, typer.Option(help="Share of units by which the candidate may be worse.")] = 0.01,
    bake_hours: Annotated[float, typer.Option(help="Watch after the switch.")] = 8.0,
    override: Annotated[bool, typer.Option("--override", help="Raise without proof, in your responsibility.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Start a rollout of a candidate policy on a line, in shadow first."""
    from inspection.core.policy import Terms
    from inspection.core.rollout import Plan, steps_from
    from inspection.flow import approval
    from inspection.main.lines import model_of
    from inspection.main.server import now
    from inspection.settings import read
    from inspection.store import lines

    with database(data_dir) as db:
        with db.read() as tx:
            known = lines.in_force(tx, name).policy
        asked = {"level": level, "pass_below": pass_below, "reject_above": reject_above}
        changes: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
        if model is not None or (level is not None and known.terms.model is None):
            changes["model"] = model_of(db, name, model)
        terms = Terms(**{**known.terms.__dict__, **changes})
        plan = Plan(
            strategy=strategy, steps=steps_from(steps, strategy), shadow_samples=shadow, min_samples=samples,
            margin=margin, bake_s=3600 * bake_hours,
        )  # fmt: skip
        number = db.write(lambda tx: approval.submit(
            tx, line=name, terms=terms, plan=plan, by=BY, reason=reason, now=now(), accept_override=override,
            expected=known.number, two_people=read(data_dir=data_dir).two_people,
        ))  # fmt: skip
    if number is None:
        print("It is proposed: a second person must approve it on the line's page.")
        return
    print(f"Rollout {number} of line {name} has begun in shadow: {_way(plan)}.")


@app.command()
def status(name: Name, data_dir: DataDir = None) -> None:
    """Show a line's rollouts, newest first, with what was compared."""
    from inspection.store import lines, rollouts

    with database(data_dir) as db, db.read() as tx:
        for kept in rollouts.of_line(tx, lines.in_force(tx, name).id):
            for words in told(kept):
                print(words)


@app.command()
def approve(name: Name, reason: Reason, data_dir: DataDir = None) -> None:
    """Let a paused rollout go on: through its gate, or with its step once more from the beginning."""
    from inspection.flow import rollout
    from inspection.main.server import now

    with database(data_dir) as db:
        stands = db.write(lambda tx: rollout.approve(tx, line=name, by=BY, reason=reason, now=now()))
    print(f"The rollout of line {name} goes on: {stands.phase}, {stands.weight:g} % of units.")


@app.command()
def abort(name: Name, reason: Reason, data_dir: DataDir = None) -> None:
    """End a rollout: the stable policy decides every image from the next one on."""
    from inspection.flow import rollout
    from inspection.main.server import now

    with database(data_dir) as db:
        db.write(lambda tx: rollout.abort(tx, line=name, by=BY, reason=reason, now=now()))
    print(f"The rollout of line {name} is aborted. Its stable policy decides every image from the next one on.")


@app.command()
def back(
    name: Name,
    reason: Reason,
    to: Annotated[int | None, typer.Option(help="A recent policy's number; the one before without it.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Go back at once to the stable policy during a rollout, or to a recent one after it."""
    from inspection.flow import policy
    from inspection.main.server import now
    from inspection.settings import read

    with database(data_dir) as db:
        number = db.write(lambda tx: policy.rollback(
            tx, line=name, by=BY, reason=reason, now=now(), to=to, two_people=read(data_dir=data_dir).two_people
        ))  # fmt: skip
    print(f"Line {name} decides by policy {number} from its next image on.")


def told(kept: "KeptRollout") -> list[str]:
    """Lines that say where a rollout stands."""
    stands, record = kept.rollout, kept.record
    paused = f", waits for a person ({stands.pause})" if stands.pause else ""
    what = f"{kept.candidate.terms.level}, policy {kept.stable.number} -> {kept.candidate.number}"
    words = [f"rollout {kept.number}: {stands.phase} at {stands.weight:g} % of units{paused}  {what}  by {kept.by}"]
    if stands.live:
        words.append(f"  {_way(stands.plan)}; this step has {record.samples} of {stands.needs} compared units")
    words.append(
        f"  {record.units} units compared: only the candidate wrong {record.candidate_only}, only the stable policy "
        f"{record.stable_only}, both {record.both}, neither {record.neither}"
    )
    if kept.measured is not None:
        words.append(f"  last measurement {kept.measured.outcome}: {kept.measured.detail}")
    return words


def _way(plan: "Plan") -> str:
    from inspection.core.rollout import steps_in_words

    return f"steps {steps_in_words(plan.steps)} % (! asks for a person), then {plan.bake_s / 3600:g} hours of watch"

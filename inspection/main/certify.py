"""The command 'jidoka certify'."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from inspection.core.risk import Risk
from inspection.main.lines import Name
from inspection.main.users import BY, DataDir, database

if TYPE_CHECKING:
    from inspection.core.certificate import Bound
    from inspection.core.refusal import Refused


def certify(
    name: Name,
    escape: Annotated[float, typer.Option(help="Escapes at most, as a share: 0.001 is 0.1 %.")] = 0.01,
    per_defective: Annotated[float, typer.Option(help="Escapes at most of all defective units; 1 asks nothing.")] = 0.1,
    overkill: Annotated[float, typer.Option(help="Overkill at most, as a share.")] = 0.05,
    confidence: Annotated[float, typer.Option(help="How sure each limit must be.")] = 0.95,
    definition: Annotated[Risk, typer.Option(help="What escapes and overkill are counted against.")] = Risk.PER_UNIT,
    days: Annotated[float, typer.Option(min=0.01, help="Labels of so many days.")] = 90,
    valid_days: Annotated[float, typer.Option(min=0.01, help="For so many days it holds.")] = 30,
    model: Annotated[int | None, typer.Option(help="Version of the model; the one in force without it.")] = None,
    shown: Annotated[int | None, typer.Option(help="Known defects shown to inspectors.")] = None,
    found: Annotated[int | None, typer.Option(help="How many of them they found.")] = None,
    measured: Annotated[bool, typer.Option("--measured", help="Take both from known units (jidoka known).")] = False,
    data_dir: DataDir = None,
) -> None:
    """Prove from a line's blind labels how far its model may decide, or say what is missing (and end with 1)."""
    from inspection.core.certificate import NotProved
    from inspection.core.policy import InvalidPolicy
    from inspection.core.risk import Limits
    from inspection.core.sensitivity import Sensitivity
    from inspection.flow import certificate, known
    from inspection.main.lines import model_of
    from inspection.main.server import now

    try:
        limits = Limits(
            escape=escape, overkill=overkill, escape_per_defective=None if per_defective >= 1 else per_defective,
            delta=round(1 - confidence, 9), definition=definition,
        )  # fmt: skip
        sensitivity = None if shown is None or found is None else Sensitivity(found=found, shown=shown)
    except ValueError as error:
        raise InvalidPolicy(str(error)) from error
    with database(data_dir) as db:
        artefact = None if model is None else model_of(db, name, model)
        with db.read() as tx:
            sensitivity = known.measured(tx, line=name, now=now()) if measured else sensitivity
            made = certificate.prove(
                tx, line=name, model=artefact, limits=limits, now=now(), sensitivity=sensitivity,
                window=timedelta(days=days), valid=timedelta(days=valid_days),
            )  # fmt: skip
        db.write(lambda tx: certificate.keep(tx, made, line=name, by=BY, now=now()))
    if isinstance(made, NotProved):
        print(f"Nothing is proved by {made.given} blind labels.")
        _lacks(made.pass_refused, made.reject_refused)
        raise typer.Exit(1)
    print(f"Proved by {made.used} of {made.given} blind labels, until {made.expires:%Y-%m-%d}:")
    _side("pass up to", made.pass_below, made.escapes, "escapes")
    _side("reject from", made.reject_above, made.overkill, "overkill")
    _lacks(made.pass_refused, made.reject_refused)
    print(f"The AI would settle {made.automated:.1%} of the units. Labels {made.labels_hash[:16]}.")
    if made.sensitivity is None:
        print("Nobody has measured how many defects inspectors miss: it speaks of those that they find.")


def _side(words: str, threshold: float | None, bounds: "tuple[Bound, ...]", name: str) -> None:
    if threshold is None:
        return
    print(f"  {words} score {threshold:.4g}")
    for one in bounds:
        what = f"{name} {one.definition.replace('_', ' ')}"
        print(f"    {what}: {one.events} of {one.trials}, at most {one.upper:.3%} where {one.limit:.3%} is allowed")


def _lacks(*sides: "Refused | None") -> None:
    from inspection.core.refusal import in_words

    for one in sides:
        if one is not None:
            print(f"  {in_words(one)}")

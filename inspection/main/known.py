"""The command 'jidoka known'."""

from typing import Annotated

import typer

from inspection.main.lines import Name
from inspection.main.users import BY, DataDir, database

app = typer.Typer(no_args_is_help=True, help="Known units, mixed into inspectors' work to measure what they miss.")


@app.command("list")
def list_known(name: Name, data_dir: DataDir = None) -> None:
    """List a line's known units, and what inspectors said of them."""
    from inspection.flow import known as known_flow
    from inspection.main.server import now
    from inspection.store import disputes, known, lines

    with database(data_dir) as db, db.read() as tx:
        line = lines.in_force(tx, name)
        for one in known.of_line(tx, line.id, now()):
            truth, retired = "defective" if one.defective else "good", "  retired" if one.retired_at else ""
            print(f"{one.id:>5}  {one.serial:<20} {truth:<9}  {one.right} right of {one.shown}  {one.reason}{retired}")
        said = known_flow.misses(tx, line, now())
        differ, read = disputes.differences(tx, line.id, now()), known_flow.readings(tx, line, now())
    for pair in differ:
        said_of = f"{pair.first_by} said {pair.first}, {pair.second_by} said {pair.second}"
        print(f"To be settled: {pair.number:>5}  {pair.serial:<20} {said_of}")
    print(f"Second readings: {read.read}; rejected by both {read.both}, by the second alone {read.second_only}.")
    found, rejected = f"{said.found} of {said.defective_shown}", f"{said.rejected} of {said.good_shown}"
    print(f"Lately {found} known defects were found, and {rejected} known good units rejected.")


@app.command()
def add(
    name: Name,
    serial: Annotated[str, typer.Argument(help="The unit's serial; its newest visit is taken.")],
    reason: Annotated[str, typer.Option(help="How its truth is known.")],
    defective: Annotated[bool, typer.Option("--defective/--good", help="What it is in truth.")],
    data_dir: DataDir = None,
) -> None:
    """Choose a settled unit as one of known truth."""
    from inspection.core.line import Unknown
    from inspection.flow import known
    from inspection.main.server import now
    from inspection.store import lines, units

    with database(data_dir) as db:
        with db.read() as tx:
            unit = units.latest(tx, lines.in_force(tx, name).id, serial)
        if unit is None:
            raise Unknown(f"Line {name!r} has never seen a unit {serial!r}. Check the serial.")
        number = db.write(
            lambda tx: known.add(
                tx, line=name, unit_id=unit.id, defective=defective, reason=reason, by=BY, now=now()
            )
        )  # fmt: skip
    print(f"{serial} is known unit {number} of line {name}.")


@app.command()
def retire(name: Name, number: Annotated[int, typer.Argument(help="Its number.")], data_dir: DataDir = None) -> None:
    """Show a known unit no more, nor count what was said of it."""
    from inspection.flow import known
    from inspection.main.server import now

    with database(data_dir) as db:
        db.write(lambda tx: known.retire(tx, line=name, number=number, by=BY, now=now()))
    print(f"Known unit {number} of line {name} is retired.")


@app.command()
def settle(
    name: Name,
    number: Annotated[int, typer.Argument(help="The second reading's number.")],
    reason: Annotated[str, typer.Option(help="How its truth is known.")],
    defective: Annotated[bool, typer.Option("--defective/--good", help="What the unit is in truth.")],
    data_dir: DataDir = None,
) -> None:
    """Say what a unit is in truth that two inspectors judged differently."""
    from inspection.flow import adjudicate
    from inspection.main.server import now

    with database(data_dir) as db:
        db.write(
            lambda tx: adjudicate.settle(
                tx, kind="second", line=name, number=number, defective=defective, reason=reason, by=BY, now=now()
            )
        )  # fmt: skip
    print(f"Second reading {number} of line {name} is settled: {'defective' if defective else 'good'}.")

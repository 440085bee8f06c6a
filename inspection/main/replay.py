"""The command 'jidoka replay'."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from inspection.core.level import Level
from inspection.main.lines import Name
from inspection.main.users import DataDir, database


def replay(
    name: Name,
    level: Annotated[Level | None, typer.Option(help="The level to decide at; the one in force without it.")] = None,
    pass_below: Annotated[float | None, typer.Option(help="The AI passes up to this score (0 good to 1).")] = None,
    reject_above: Annotated[float | None, typer.Option(help="The AI rejects from this score on.")] = None,
    audit_share: Annotated[float | None, typer.Option(help="Share of units that people check blind.")] = None,
    model: Annotated[int | None, typer.Option(help="Version of the model; the one in force without it.")] = None,
    units: Annotated[int, typer.Option(min=1, help="So many of the newest units.")] = 20_000,
    days: Annotated[float | None, typer.Option(min=0, help="Only units of the last days.")] = None,
    escape: Annotated[float | None, typer.Option(help="What one escape costs.")] = None,
    overkill: Annotated[float | None, typer.Option(help="What one overkill costs.")] = None,
    hour: Annotated[float | None, typer.Option(help="What an inspector's hour costs.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Decide a line's past units again, as they were and under other terms: nothing on the line changes. Ends with 1
    when a past decision does not come out the same."""
    from rich.console import Console
    from rich.table import Table

    from inspection.core.policy import Terms
    from inspection.core.replay import Estimate, Prices
    from inspection.main.lines import model_of
    from inspection.main.server import now
    from inspection.store.reports.replay import Window, past

    prices = Prices(escape=escape, overkill=overkill, hour=hour)
    with database(data_dir) as db:
        since = None if days is None else now() - timedelta(days=days)
        with db.read() as tx:
            found = past(tx, name, Window(since=since, units=units))
        known = found.in_force
        asked = {"level": level, "pass_below": pass_below, "reject_above": reject_above, "audit_share": audit_share}
        changes: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
        if model is not None or (level is not None and known.model is None):
            changes["model"] = model_of(db, name, model)
        terms = Terms(**{**known.__dict__, **changes})
    again = found.replay()
    columns = [("in force", again.under(known))] + ([("what if", again.under(terms))] if terms != known else [])
    table = Table("", *(title for title, _ in columns), title=f"{len(found.units)} units of line {name}")

    def share(estimate: Estimate) -> str:
        return f"{estimate.share:.2%} ({estimate.low:.2%} to {estimate.high:.2%})"

    told = [one for _, one in columns]
    table.add_row("settled by the AI", *(f"{one.automated:.1%}" for one in told))
    table.add_row("passed / rejected", *(f"{one.passed} / {one.rejected}" for one in told))
    table.add_row("to people", *(str(one.referred) for one in told))
    table.add_row("never shown to the model", *(str(one.unknown) for one in told))
    table.add_row("escapes, of all units", *(share(one.escapes) for one in told))
    table.add_row("overkill, of all units", *(share(one.overkill) for one in told))
    table.add_row("inspectors' hours", *("-" if one.hours is None else f"{one.hours:.1f}" for one in told))
    costs = [one.cost(prices) for one in told]
    table.add_row("cost of what is priced", *("-" if cost is None else f"{cost:.2f}" for cost in costs))
    Console().print(table)
    print(f"Estimated from {told[0].escapes.labels} labels; ranges hold with 95 % confidence.")
    altered = list(found.differences())
    for one in altered[:5]:
        print(f"{one.label}: decided {one.then.outcome} ({one.then.reason}), comes out {one.now.outcome} now.")
    if altered:
        print(f"{len(altered)} decisions do not come out as they did: altered, or decided by other rules.")
        raise typer.Exit(1)
    print("Under its own policy every unit comes out as it did, bit for bit.")

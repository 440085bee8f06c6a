"""The command 'jidoka channel'."""

from typing import TYPE_CHECKING, Annotated

import typer

from inspection.core.alarm import Severity
from inspection.core.line import Unknown
from inspection.core.notify import ChannelKind
from inspection.main.users import BY, DataDir, database

if TYPE_CHECKING:
    from inspection.store.database import Database

app = typer.Typer(no_args_is_help=True, help="By which ways people are told of alarms.")
Name = Annotated[str, typer.Argument(help="The channel's name.")]


@app.command("list")
def list_channels(data_dir: DataDir = None) -> None:
    """List all channels, with as much of their addresses as may be seen."""
    from inspection.store.reports import channels

    with database(data_dir) as db, db.read() as tx:
        for one in channels.shown(tx):
            went = one.error or (f"last one sent {one.ok_at:%Y-%m-%d %H:%M} UTC" if one.ok_at else "nothing sent yet")
            print(f"{one.name:20} {one.kind:12} {one.address:40} {one.line or 'all lines'}, {one.least}: {went}")


@app.command()
def add(
    name: Name,
    kind: ChannelKind,
    url: Annotated[str, typer.Option(prompt="Address (not shown)", hide_input=True, help="Better typed when asked.")],
    line: Annotated[str, typer.Option(help="Only of this line.")] = "",
    least: Annotated[Severity, typer.Option(help="From this severity on.")] = Severity.WARNING,
    data_dir: DataDir = None,
) -> None:
    """Add a channel. Its address is a secret, and asked for."""
    from inspection.flow import channels
    from inspection.main.server import now

    with database(data_dir) as db:
        key = db.write(
            lambda tx: channels.add(
                tx, name=name, kind=kind, url=url.strip(), line=line, least=least, by=BY, now=now()
            )
        )  # fmt: skip
    print(f"Channel {name} is there.")
    if key:
        print(f"Its messages are signed with this key, which is shown once:\n  {key}")


@app.command("test")
def try_out(name: Name, data_dir: DataDir = None) -> None:
    """Have the server send a message that tells of nothing."""
    from inspection.flow import channels
    from inspection.main.server import now

    with database(data_dir) as db:
        number = _number(db, name)
        db.write(lambda tx: channels.try_out(tx, channel_id=number, by=BY, now=now()))
    print(f"A message waits for channel {name}; 'jidoka channel list' tells how it went.")


@app.command()
def remove(name: Name, data_dir: DataDir = None) -> None:
    """Take a channel away, and forget its secrets."""
    from inspection.flow import channels
    from inspection.main.server import now

    with database(data_dir) as db:
        number = _number(db, name)
        db.write(lambda tx: channels.remove(tx, channel_id=number, by=BY, now=now()))
    print(f"Channel {name} is gone.")


def _number(db: "Database", name: str) -> int:
    from inspection.store.reports import channels

    with db.read() as tx:
        found = next((one.id for one in channels.shown(tx) if one.name == name), None)
    if found is None:
        raise Unknown(f"There is no channel {name!r}.")
    return found

"""The command 'jidoka user'."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inspection.core.people import Role

if TYPE_CHECKING:
    from inspection.store.database import Database

app = typer.Typer(no_args_is_help=True, help="Add and change the people who may sign in.")
Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder for database, images and models.")]
BY = "command line"


@contextmanager
def database(data_dir: Path | None) -> Iterator["Database"]:
    """The database of the settings, closed at the end."""
    from inspection.main.server import open_database
    from inspection.settings import read

    db = open_database(read(data_dir=data_dir))
    try:
        yield db
    finally:
        db.close()


@app.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """List everybody who may sign in."""
    from inspection.store import people

    with database(data_dir) as db, db.read() as tx:
        for person in people.everybody(tx):
            print(f"{person.name:<32} {person.role}{'  (simulated)' if person.simulated else ''}")


@app.command()
def add(name: Name, role: Role = Role.INSPECTOR, data_dir: DataDir = None) -> None:
    """Add a person; prints a one-time password, to be changed at the first sign-in."""
    from inspection.flow import people
    from inspection.main.server import now

    password = people.one_time_password()
    hashed = people.hash_password(password, name)
    with database(data_dir) as db:
        db.write(lambda tx: people.add(tx, name=name, role=role, hashed=hashed, by=BY, now=now(), must_change=True))
    print(f"{name} may sign in as {role} with the one-time password  {password}")


@app.command()
def password(name: Name, data_dir: DataDir = None) -> None:
    """Give a person a new one-time password, and sign them out everywhere."""
    from inspection.flow import people
    from inspection.main.server import now

    new = people.one_time_password()
    hashed = people.hash_password(new, name)
    with database(data_dir) as db:
        db.write(lambda tx: people.set_password(tx, name=name, hashed=hashed, by=BY, must_change=True, now=now()))
    print(f"{name} may sign in with the one-time password  {new}")


@app.command()
def role(name: Name, role: Role, data_dir: DataDir = None) -> None:
    """Change what a person may do."""
    from inspection.flow import people
    from inspection.main.server import now

    with database(data_dir) as db:
        db.write(lambda tx: people.set_role(tx, name=name, role=role, by=BY, now=now()))
    print(f"{name} is now {role}.")


@app.command()
def disable(name: Name, data_dir: DataDir = None) -> None:
    """Let a person sign in no more; what they did stays on record."""
    from inspection.flow import people
    from inspection.main.server import now

    with database(data_dir) as db:
        db.write(lambda tx: people.disable(tx, name=name, by=BY, now=now()))
    print(f"{name} can no longer sign in.")


@app.command()
def token(
    name: Name,
    purpose: Annotated[str, typer.Option(help="What it is for, such as the program that uses it.")],
    data_dir: DataDir = None,
) -> None:
    """Make a token with which a program uses the API as that person; it is printed this once."""
    from inspection.flow import tokens
    from inspection.main.server import now

    with database(data_dir) as db:
        print(db.write(lambda tx: tokens.make(tx, name=name, purpose=purpose, by=BY, now=now())))


@app.command("tokens")
def list_tokens(name: Name, data_dir: DataDir = None) -> None:
    """List a person's tokens: number, when made and last used, and what each is for."""
    from inspection.flow import tokens

    with database(data_dir) as db, db.read() as tx:
        for kept in tokens.listed(tx, name=name):
            used = "never used" if kept.used_at is None else f"used {kept.used_at:%Y-%m-%d %H:%M}"
            print(f"{kept.id:>6}  made {kept.created_at:%Y-%m-%d} by {kept.by}, {used:<21}  {kept.purpose}")


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="The token's number, as 'jidoka user tokens' has it.")],
    data_dir: DataDir = None,
) -> None:
    """Take a token away, from the next request on."""
    from inspection.flow import tokens
    from inspection.main.server import now

    with database(data_dir) as db:
        kept = db.write(lambda tx: tokens.revoke(tx, token_id=token_id, by=BY, now=now()))
    print(f"Token {token_id} of {kept.person} is revoked.")

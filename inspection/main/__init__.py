"""The command line: the only place where settings, cameras, models, store and pages meet."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from inspection.main import channels, known, lines, models_cli, rollouts, train, users
from inspection.main.camera import camera
from inspection.main.certify import certify
from inspection.main.proof import proof
from inspection.main.replay import replay
from inspection.main.story import journal, story

app = typer.Typer(
    name="jidoka",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Visual inspection for factory lines. Every degree of automation is earned by evidence.\n\n"
    "New here? 'jidoka demo' shows everything on a simulated line of phones.",
)
app.add_typer(lines.app, name="line")
app.add_typer(rollouts.app, name="rollout")
app.add_typer(known.app, name="known")
app.add_typer(channels.app, name="channel")
app.add_typer(models_cli.app, name="model")
app.add_typer(users.app, name="user")
app.command()(train.train)
app.command()(train.evaluate)
app.command()(camera)
app.command()(replay)
app.command()(certify)
app.command()(proof)
app.command()(story)
app.command()(journal)

DataDir = Annotated[Path | None, typer.Option(help="Folder for database, images and models.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for every network card.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")]


@app.command()
def demo(data_dir: DataDir = None, host: Host = None, port: Port = None, seed: int = 7) -> None:
    """Start everything with a simulated camera line of phones, and print where to look."""
    from inspection.main.demo import run

    run(data_dir=data_dir, host=host, port=port, seed=seed)


@app.command()
def serve(data_dir: DataDir = None, host: Host = None, port: Port = None) -> None:
    """Start the server: images in by HTTP, pages for people, verdicts out."""
    from inspection.main import server as wiring
    from inspection.main.serve import serve as run
    from inspection.settings import read

    settings = read(data_dir=data_dir, host=host, port=port)
    server = wiring.open_server(settings)
    password = wiring.first_admin(server.db)
    try:
        web = wiring.build(server)
    except BaseException:
        server.close()
        raise
    run(server, web, lambda bound: greet(settings.host, bound, password))


def greet(host: str, port: int, password: str | None) -> None:
    """Say where the pages are, and the first password while it is the first."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    print(f"\n  Jidoka is ready:  http://{shown}:{port}/", flush=True)
    if password is not None:
        print(f"  Sign in as admin with the one-time password  {password}\n", flush=True)


@app.command()
def verify(
    data_dir: DataDir = None,
    images: Annotated[bool, typer.Option(help="Also read every image and check its hash.")] = True,
) -> None:
    """Check the journal's seals, that each unit has one disposition, and that no image is lost or altered."""
    from inspection.main.verify import verify_all
    from inspection.settings import read

    raise typer.Exit(verify_all(read(data_dir=data_dir), check_images=images))


@app.command("settings")
def show_settings() -> None:
    """List every setting: what it is now, its environment variable, and what it means."""
    from rich.console import Console
    from rich.table import Table

    from inspection.settings import Settings, read

    now = read()
    table = Table("setting", "now", "environment", "meaning", title="From the environment, then the file jidoka.toml")
    for name, field in Settings.model_fields.items():
        value = "(set)" if not field.repr and getattr(now, name) else str(getattr(now, name))
        table.add_row(name, value, f"JIDOKA_{name.upper()}", field.description)
    Console().print(table)


def main() -> None:
    """Run the command line; what a person can mend is told in a sentence, not in a stack trace."""
    from pydantic import ValidationError

    try:
        app()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        sys.exit(f"jidoka: the setting {where} cannot be used: {first['msg']}. See 'jidoka settings --help'.")
    except Exception as error:
        if type(error).__module__.split(".")[0] in ("inspection", "camera", "models", "review_ui"):
            sys.exit(f"jidoka: {error}")
        raise

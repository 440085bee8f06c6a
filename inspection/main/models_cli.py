"""The command 'jidoka model': bring models that were made elsewhere, and list those of a line."""

from pathlib import Path
from typing import Annotated

import typer

from inspection.main.users import BY, DataDir, database

app = typer.Typer(no_args_is_help=True, help="Bring models that were made elsewhere, and list those of a line.")
Line = Annotated[str, typer.Argument(help="The line's name.")]


@app.command()
def add(
    line: Line,
    card: Annotated[Path, typer.Option(help="TOML file that says what the model expects and gives.")],
    file: Annotated[Path | None, typer.Argument(help="The .onnx file, or OpenVINO's .xml beside its .bin.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Bring a model from a file, or from the inference server that the card names. It is tried before it is kept.

    It looks at the whole image: only models that are trained here find the part first. It decides nothing by itself: an
    engineer puts it into force on the line's page or with 'jidoka line level'.
    """
    from inspection.flow import train as flow
    from inspection.main.server import now
    from inspection.settings import read
    from inspection.store import lines
    from models.contract import read_card
    from models.foreign import bring

    with database(data_dir) as db:
        with db.read() as tx:
            views = lines.in_force(tx, line).line.recipe.views
        root = read(data_dir=data_dir).data_dir / "models"
        brought = bring(
            root, file, read_card(card), line=line, views=views, created=now(), beside=card.absolute().parent
        )
        version = db.write(lambda tx: flow.register(tx, line=line, trained=brought, samples=[], by=BY, now=now()))
    print(f"Model {version} of line {line} is ready: {brought.card['name']}, computed by {brought.card['runtime']}.")
    for warning in brought.card["warnings"]:
        print(f"  note: {warning}")


@app.command("list")
def list_models(line: Line, data_dir: DataDir = None) -> None:
    """List a line's models, newest first; the one in force is marked."""
    from inspection.store import lines, models

    with database(data_dir) as db, db.read() as tx:
        found = lines.in_force(tx, line)
        for model in models.all_of_line(tx, found.id):
            mark = "  in force" if model.artefact == found.policy.terms.model else ""
            card = model.card
            print(
                f"{model.version:>4}  {model.artefact[:12]}  {card.get('runtime', 'openvino'):<12} "
                f"{card.get('kind', ''):<10} {card.get('name', '')}{mark}"
            )

"""The command 'jidoka line'."""

from typing import TYPE_CHECKING, Annotated

import typer

from inspection.core.level import FREEDOM, Level
from inspection.main.train import Good, train_line
from inspection.main.users import BY, DataDir, database

if TYPE_CHECKING:
    from inspection.store.database import Database

app = typer.Typer(no_args_is_help=True, help="Set up lines and their cameras, and change the degree of automation.")
Name = Annotated[str, typer.Argument(help="The line's name, such as final-check.")]
Comma = Annotated[str, typer.Option(help="Names with commas between them.")]


@app.command()
def add(
    name: Name,
    views: Comma = "top",
    defects: Comma = "",
    title: str = "",
    place: Annotated[str, typer.Option(help="enterprise / site / area")] = "",
    good: Good = None,
    locate: Annotated[bool, typer.Option("--locate", help="Models find the part first, and look at it alone.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a line. With --good it is trained at once on those photos and put in shadow: ready for images."""
    from inspection.core.line import Line, Recipe
    from inspection.flow import line as flow
    from inspection.main.server import now

    recipe = Recipe(views=_names(views), defect_types=_names(defects), locate=locate)
    line = Line(name=name, title=title or name, place=place, recipe=recipe)
    with database(data_dir) as db:
        db.write(lambda tx: flow.add(tx, line=line, by=BY, now=now()))
        token = db.write(lambda tx: flow.add_camera(tx, line=name, name="camera", by=BY, now=now()))
        print(f"Line {name} is there. Its first camera may send images with the token\n  {token}")
        print(f"for example:  jidoka camera --line {name} --source folder:PHOTOS --token {token}")
        if good is not None:
            artefact = train_line(db, name, good, data_dir)
            _to_shadow(db, name, artefact)


@app.command("list")
def list_lines(data_dir: DataDir = None) -> None:
    """List the lines with their degree of automation."""
    from inspection.store import lines

    with database(data_dir) as db, db.read() as tx:
        for line in lines.all_in_force(tx):
            policy = line.policy
            marks = ("  OVERRIDE" if policy.override else "") + ("  simulated" if line.line.simulated else "")
            print(f"{line.line.name:<24} {policy.terms.level:<20} policy {policy.number:<4} {line.line.title}{marks}")


@app.command()
def camera(name: Name, camera: str, data_dir: DataDir = None) -> None:
    """Add a camera to a line, or give one a new token; the token is shown once."""
    from inspection.flow import line as flow
    from inspection.main.server import now

    with database(data_dir) as db:
        token = db.write(lambda tx: flow.add_camera(tx, line=name, name=camera, by=BY, now=now()))
    print(f"Camera {camera} of line {name} may send images with the token\n  {token}")


@app.command()
def revoke(name: Name, camera: str, data_dir: DataDir = None) -> None:
    """Take a camera's token away."""
    from inspection.flow import line as flow
    from inspection.main.server import now

    with database(data_dir) as db:
        db.write(lambda tx: flow.revoke_camera(tx, line=name, name=camera, by=BY, now=now()))
    print(f"Camera {camera} of line {name} is refused from now on.")


@app.command()
def recipe(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the journal.")],
    locate: Annotated[bool | None, typer.Option(help="Models find the part first, and look at it alone.")] = None,
    size: Annotated[str, typer.Option(help="Rows x columns that models look at, such as 288x512; or auto.")] = "",
    budget_ms: Annotated[
        float | None, typer.Option(help="CPU time that an image may take, within which 'auto' finds the best size.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Change what a line's next training is to do. Models in force stay as they are."""
    from inspection.flow import line as flow
    from inspection.main.server import now
    from inspection.store import lines

    changes: dict[str, object] = {} if locate is None else {"locate": locate}
    if size:
        changes["input_size"] = None if size == "auto" else _size(size)
    if budget_ms is not None:
        changes["budget_ms"] = budget_ms
    with database(data_dir) as db:
        number = db.write(lambda tx: flow.change_recipe(tx, line=name, by=BY, reason=reason, now=now(), **changes))
        with db.read() as tx:
            new = lines.in_force(tx, name).line.recipe
    size = f"{new.input_size[0]} x {new.input_size[1]} pixels" if new.input_size else "a size found by trials"
    print(
        f"Recipe {number} of line {name}: models {'find the part first' if new.locate else 'look at the whole image'},"
    )
    print(f"at {size}, for about {new.budget_ms:g} ms an image, from the next training on:  jidoka train {name}")


@app.command()
def level(
    name: Name,
    level: Level,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the journal.")],
    pass_below: Annotated[float | None, typer.Option(help="The AI passes up to this score (0 good to 1).")] = None,
    reject_above: Annotated[float | None, typer.Option(help="The AI rejects from this score on.")] = None,
    audit_share: Annotated[float | None, typer.Option(help="Share of units that people check blind.")] = None,
    model: Annotated[int | None, typer.Option(help="Version of the model; the one in force without it.")] = None,
    override: Annotated[bool, typer.Option("--override", help="Raise without proof, in your responsibility.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Change a line's degree of automation, from its next image on."""
    from inspection.core.policy import Terms
    from inspection.flow import approval
    from inspection.main.server import now
    from inspection.settings import read
    from inspection.store import lines

    with database(data_dir) as db:
        with db.read() as tx:
            before = lines.in_force(tx, name).policy.terms
        terms = Terms(
            level=level,
            model=model_of(db, name, model) if model is not None or before.model is None else before.model,
            pass_below=before.pass_below if pass_below is None else pass_below,
            reject_above=before.reject_above if reject_above is None else reject_above,
            audit_share=before.audit_share if audit_share is None else audit_share,
            deadline_ms=before.deadline_ms,
        )
        number = db.write(
            lambda tx: approval.submit(
                tx, line=name, terms=terms, by=BY, reason=reason, now=now(), accept_override=override,
                two_people=read(data_dir=data_dir).two_people,
            )
        )  # fmt: skip
    if number is None:
        print("It is proposed: a second person must approve it on the line's page.")
        return
    print(f"Line {name} is at {FREEDOM[level].title.lower()} from its next image on (policy {number}).")


def _to_shadow(db: "Database", name: str, artefact: str) -> None:
    from inspection.core.policy import Terms
    from inspection.flow import policy
    from inspection.main.server import now

    terms = Terms(level=Level.SHADOW, model=artefact)
    db.write(lambda tx: policy.change(tx, line=name, terms=terms, by=BY, reason="First model, in shadow.", now=now()))
    print("The line is in shadow: people inspect every unit, and the model is scored in silence.")


def model_of(db: "Database", name: str, version: int | None) -> str | None:
    """The artefact of a version of the line's models, the newest without one; raises Unknown."""
    from inspection.core.line import Unknown
    from inspection.store import lines, models

    with db.read() as tx:
        registry = models.all_of_line(tx, lines.in_force(tx, name).id)
    if version is None:
        return registry[0].artefact if registry else None
    found = next((model.artefact for model in registry if model.version == version), None)
    if found is None:
        raise Unknown(f"Line {name!r} has no model {version}.")
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _size(words: str) -> tuple[int, int]:
    """Rows and columns out of words like 288x512."""
    from inspection.core.line import InvalidLine

    sides = words.lower().replace(" ", "").split("x")
    if len(sides) != 2 or not all(side.isdecimal() for side in sides):
        raise InvalidLine(f"{words!r} is no size: write rows x columns, such as 288x512, or auto.")
    return int(sides[0]), int(sides[1])

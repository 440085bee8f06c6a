"""The commands 'jidoka train' and 'jidoka evaluate'."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspection.main.users import BY, DataDir, database

if TYPE_CHECKING:
    from inspection.core.ingest import StoredImage
    from inspection.settings import Settings
    from inspection.store.database import Database
    from inspection.store.images import ImageStore
    from models.datasets import Labelled

Line = Annotated[str, typer.Argument(help="The line's name, such as final-check.")]
Good = Annotated[
    Path | None,
    typer.Option(help="Folder of photos of good parts; with several views, one sub-folder for each.", exists=True),
]
SetFolder = Annotated[
    Path | None,
    typer.Option(
        "--set", help="Folder of good and defective images, labelled by an images.json or by its folders.", exists=True
    ),
]
Split = Annotated[Path | None, typer.Option(help="JSON file that names images of the set in parts.", exists=True)]
Parts = Annotated[str, typer.Option(help="Parts of the split, with commas between them.")]
View = Annotated[str, typer.Option(help="The view that the images show; the line's first one if not given.")]
Defects = Annotated[int | None, typer.Option(help="Use so many of the defective images, drawn by the seed.", min=0)]


def train(
    line: Line,
    good: Good = None,
    labelled: SetFolder = None,
    split: Split = None,
    parts: Parts = "",
    defects: Defects = None,
    view: View = "",
    seed: Annotated[int, typer.Option(help="The same images and seed give the same model.")] = 0,
    backbone: Annotated[str | None, typer.Option(help="Network of torchvision to see with, such as resnet18.")] = None,
    weights: Annotated[Path | None, typer.Option(help="File of that network's weights.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a model for a line from good photos, labelled defects, and units that people have settled.

    The model decides nothing by itself: an engineer puts it into force on the line's page or with 'jidoka line level'.
    """
    with database(data_dir) as db:
        if labelled is not None:
            put_in_set(db, line, labelled, split, _names(parts), defects, view, seed, data_dir)
        train_line(db, line, good, data_dir, seed, _seen_with(backbone, weights))


def _seen_with(backbone: str | None, weights: Path | None) -> dict[str, Any]:
    """What the command says of the backbone; one that it names does not get the weights set for another."""
    if backbone is not None:
        return {"backbone": backbone, "backbone_weights": weights}
    return {} if weights is None else {"backbone_weights": weights}


def train_line(
    db: "Database", line: str, good: Path | None, data_dir: Path | None, seed: int = 0,
    said: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Put the good photos in, train, register; the artefact's identity."""
    from inspection.core.train import check_enough
    from inspection.flow import train as flow
    from inspection.main.progress import Bar
    from inspection.main.server import make_trainer, now, open_images
    from inspection.store import lines, models

    settings = _settings(data_dir).model_copy(update=said)
    images = open_images(settings)
    if good is not None:
        _put_in_good(db, images, line, good)
    with db.read() as tx:
        samples = flow.gather(tx, line=line)
        recipe = lines.in_force(tx, line).line.recipe
        check_enough(samples, recipe.views)
        before = models.last_done(tx, lines.in_force(tx, line).id)
    with Bar(before.stages if before else ()) as bar:
        trained = make_trainer(settings, seed)(
            line=line, recipe=recipe, samples=samples, read=images.get, progress=bar, cancelled=lambda: False
        )
    version = db.write(lambda tx: flow.register(tx, line=line, trained=trained, samples=samples, by=BY, now=now()))
    print(f"Model {version} of line {line} is ready, trained from {trained.card['images']} images.")
    for name, of_view in trained.card["views"].items():
        print(f"  view {name}: {of_view['height']} x {of_view['width']} pixels; {of_view['labels']['reason']}")
        for warning in of_view["warnings"]:
            print(f"  note: {warning}")
    return trained.artefact


def evaluate(
    line: Line,
    folder: Annotated[Path, typer.Argument(help="Folder of good and defective images to judge.", exists=True)],
    split: Split = None,
    parts: Parts = "test",
    model: Annotated[int | None, typer.Option(help="The model's version; the newest if not given.")] = None,
    view: View = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Judge a labelled set with a line's model, and print how well it tells good from defective."""
    from inspection.core.line import Unknown
    from inspection.main.progress import Bar
    from inspection.store import lines, models
    from models.datasets import read_set
    from models.exam import examine

    with database(data_dir) as db, db.read() as tx:
        known = lines.in_force(tx, line)
        registry = models.all_of_line(tx, known.id)
    chosen = next((m for m in registry if model in (None, m.version)), None)
    if chosen is None:
        raise Unknown(f"Line {line} has no model{f' {model}' if model else ''}. Train one with 'jidoka train {line}'.")
    images = read_set(folder, split, _names(parts))
    with Bar() as bar:
        root = _settings(data_dir).data_dir / "models"
        result = examine(root, chosen.artefact, view or known.line.recipe.views[0], images, bar)
    if as_json:
        print(json.dumps(result.plain()))
        return
    found = result.figures
    print(
        f"Model {chosen.version} of line {line}, on {result.images} images of which {result.defective} are defective:"
    )
    print(f"  AUROC {found.auroc:.3f}, average precision {found.average_precision:.3f}")
    print(f"  finds {found.recall_1:.0%} of the defects at 1 % false rejects, {found.recall_5:.0%} at 5 %")
    if result.aupro is not None:
        print(f"  pixel AUROC {result.pixel_auroc:.3f}, AUPRO {result.aupro:.3f}")
    for kind, area in result.by_type.items():
        print(f"  {kind:<20} AUROC {area:.3f}")
    print(f"  unlike the training images: {result.novel_good:.1%} of good, {result.novel_defective:.1%} of defective")
    if result.not_found:
        print(f"  {result.not_found} more images go to a person: the part is not surely found in them")
    print(f"  {result.milliseconds:.1f} CPU ms from the file's bytes to the score")


def put_in_set(
    db: "Database", line: str, folder: Path, split: Path | None, parts: Sequence[str], defects: int | None, view: str,
    seed: int, data_dir: Path | None,
) -> None:  # fmt: skip
    """Put a labelled set in for training; what cannot be read is named and left out."""
    import numpy as np

    from inspection.core.ingest import UnfitBytes
    from inspection.core.train import Untrainable
    from inspection.flow import train as flow
    from inspection.main.server import now, open_images
    from inspection.store import lines
    from models.datasets import read_set, regions_of

    images = open_images(_settings(data_dir))
    with db.read() as tx:
        view = view or lines.in_force(tx, line).line.recipe.views[0]
    found = read_set(folder, split, parts)
    if defects is not None:
        bad = [i for i, image in enumerate(found) if image.defect]
        chosen = set(np.random.default_rng(seed).permutation(bad)[:defects].tolist())
        found = [image for i, image in enumerate(found) if not image.defect or i in chosen]

    def put(image: "Labelled", stored: "StoredImage") -> bool:
        regions = regions_of(image.mask, (stored.height, stored.width)) if image.mask and image.defect else ()
        name = str(image.file.relative_to(folder))
        return db.write(
            lambda tx: flow.add_sample(
                tx, line=line, view=view, name=name, sha256=stored.sha256, by=BY, now=now(), defect=image.defect,
                regions=regions, group=image.group,
            )
        )  # fmt: skip

    taken, refused = 0, []
    for image in found:
        try:
            taken += put(image, images.put(image.file.read_bytes()))
        except UnfitBytes as error:
            print(f"  left out {image.file.name}: {error}")
        except Untrainable as error:
            refused.append(str(error))
    print(f"{taken} new images were put in, {sum(bool(image.defect) for image in found)} of the set show a defect.")
    _stop_at(refused)


def _stop_at(refused: Sequence[str]) -> None:
    """Train nothing as long as labels are wrong; all that is wrong is told at once."""
    from inspection.core.train import Untrainable

    told = list(dict.fromkeys(refused))
    if told:
        more = f" And {len(told) - 5} more." if len(told) > 5 else ""
        raise Untrainable(
            f"Nothing was trained, for {len(refused)} images cannot be used as they are labelled. "
            f"{' '.join(told[:5])}{more} Then run this again: what is in already is not put in twice."
        )


def _put_in_good(db: "Database", images: "ImageStore", line: str, folder: Path) -> None:
    """Take every image under the folder in as a good one; files that are no images are named and left out."""
    from inspection.core.ingest import UnfitBytes
    from inspection.core.train import Untrainable
    from inspection.flow import train as flow
    from inspection.main.server import now
    from inspection.store import lines

    with db.read() as tx:
        views = lines.in_force(tx, line).line.recipe.views
    photos = _photos(folder, views)
    if not photos:
        raise Untrainable(f"There is no photo in {folder}. With several views, it needs one sub-folder for each view.")

    def put(view: str, file: Path, stored: "StoredImage") -> bool:
        return db.write(
            lambda tx: flow.add_sample(tx, line=line, view=view, name=file.name, sha256=stored.sha256, by=BY, now=now())
        )

    taken, refused = 0, []
    for view, file in photos:
        try:
            taken += put(view, file, images.put(file.read_bytes()))
        except UnfitBytes as error:
            print(f"  left out {file.name}: {error}")
        except Untrainable as error:
            refused.append(str(error))
    print(f"{taken} new photos of good parts were put in.")
    _stop_at(refused)


def _photos(folder: Path, views: tuple[str, ...]) -> list[tuple[str, Path]]:
    """(view, file) for every file: in the sub-folder named after its view, or anywhere for an only view."""
    found = [(view, file) for view in views for file in sorted((folder / view).rglob("*")) if file.is_file()]
    if not found and len(views) == 1:
        found = [(views[0], file) for file in sorted(folder.rglob("*")) if file.is_file()]
    return [(view, file) for view, file in found if not file.name.startswith(".")]


def _names(words: str) -> list[str]:
    return [name.strip() for name in words.split(",") if name.strip()]


def _settings(data_dir: Path | None) -> "Settings":
    from inspection.settings import read

    return read(data_dir=data_dir)

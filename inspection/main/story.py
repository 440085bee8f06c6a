"""The commands 'jidoka story' and 'jidoka journal'."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from inspection.main.users import DataDir, database

if TYPE_CHECKING:
    from inspection.store.reports.story import StoryImage, Visit


def story(
    serial: Annotated[str, typer.Argument(help="The unit's serial.")],
    line: Annotated[str, typer.Option(help="The line's name; every line that has seen the unit without it.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Tell a unit's whole story: its images, what models said, what was decided by which policy, who labelled it, and
    every journal entry about it."""
    from inspection.core.line import Unknown
    from inspection.store import lines
    from inspection.store.reports import story as stories

    with database(data_dir) as db, db.read() as tx:
        names = [line] if line else [known.line.name for known in lines.all_in_force(tx)]
        saw = [name for name in names if line or stories.visits(tx, name, serial)]
        if not saw:
            raise Unknown(f"No line has ever seen a unit {serial!r}. Check the serial.")
        for name in saw:
            for visit in reversed(stories.story(tx, name, serial)):
                _tell(name, visit)


def journal(
    subject: Annotated[str, typer.Argument(help="Such as line/phones or line/phones/unit/S-1; all without it.")] = "",
    after: Annotated[int, typer.Option(help="Begin after the entry of this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 100,
    data_dir: DataDir = None,
) -> None:
    """List journal entries in order: who or what changed which state from what to what, why and when. 'jidoka verify'
    checks their seals."""
    from inspection.core.moment import moment
    from inspection.store import journal as kept

    with database(data_dir) as db, db.read() as tx:
        for entry in kept.entries(tx, after=after, limit=limit, subject=subject):
            c = entry.change
            print(f"{_entry(entry.seq, moment(entry.at), c.event, c.actor, c.before, c.after, c.reason)}  {c.subject}")


def _tell(line: str, visit: "Visit") -> None:
    stands = f"{visit.verdict or 'not settled'} by {visit.by}: {visit.reason}"
    marks = ("  audited" if visit.audited else "") + ("  simulated" if visit.simulated else "")
    print(f"{visit.serial}  visit {visit.visit} to line {line}, opened {_at(visit.opened_at)}: {stands}{marks}")
    for image in visit.images:
        _tell_image(image)
    for label in visit.labels:
        found = f" ({', '.join(label.defect_types)})" if label.defect_types else ""
        marks = (", blind" if not label.saw_ai else "") + ("" if label.effective else ", does not count")
        print(f"  label   {_at(label.at)}  {label.person}: {label.verdict}{found}{marks}  {label.note}".rstrip())
    for e in visit.journal:
        print(f"  entry  {_entry(e.seq, e.at, e.event, e.actor, e.before, e.after, e.reason)}")
    print()


def _tell_image(image: "StoryImage") -> None:
    unfit = f"  unfit: {image.unfit}" if image.unfit else ""
    print(f"  image   {_at(image.received_at)}  {image.view} from {image.camera}, {image.sha256[:12]}{unfit}")
    for opinion in image.opinions:
        said = str(opinion.failure) if opinion.score is None else f"score {opinion.score:.4f}"
        novel = "  novel" if opinion.novel else ""
        print(f"          model {opinion.model_version}: {said}{novel}  {opinion.detail}".rstrip())
    if image.decided_at is not None:
        words = f"{image.outcome} by policy {image.policy}: {image.reason}  {image.detail}".rstrip()
        print(f"          {_at(image.decided_at)}  {words}")


def _entry(seq: int, at: datetime, event: str, actor: str, before: str, after: str, reason: str) -> str:
    change = f"{before or '-'} -> {after or '-'}"
    return f"{seq:>7}  {_at(at)}  {event} by {actor}: {change}  {reason}".rstrip()


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

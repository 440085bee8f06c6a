"""Engineers choose the images of a line's book."""

from datetime import datetime

from inspection.core.book import InvalidPage, check_page
from inspection.core.decide import Verdict
from inspection.core.journal import Change, facts
from inspection.store import book, journal, known, lines, queue, units
from inspection.store.database import Tx


def add(
    tx: Tx, *, line: str, image_id: int, defect: str, counts: bool, words: str, by: str, now: datetime
) -> int:  # fmt: skip
    """Put an image into the line's book: as an example of a defect, or, where `defect` is empty, as the reference of
    its view in place of the one before. Its number; raises InvalidPage."""
    on = lines.in_force(tx, line)
    shown = book.shot(tx, image_id, on.id)
    if shown is None:
        raise InvalidPage("This line has no such image. Choose one on the story of a unit.")
    words = check_page(defect, on.line.recipe.defect_types, words)
    unit = units.get(tx, shown.unit_id)
    if unit.verdict is None or queue.in_hand(tx, unit.id):
        raise InvalidPage("This unit waits for a verdict. Choose it once it has been settled.")
    if known.is_known(tx, unit.id):
        raise InvalidPage("This is a known unit, whose truth inspectors must not see. Choose another one.")
    if not defect and unit.verdict is not Verdict.PASS:
        raise InvalidPage("The reference of a view comes from a unit that has passed. Choose another one.")
    if not defect:
        book.retire_reference(tx, on.id, shown.view, now)
    number = book.add(tx, on.id, image_id, shown, defect=defect, counts=counts, words=words, by=by, now=now)
    after = "reference" if not defect else ("counts" if counts else "does_not_count")
    told = facts(unit=unit.label, view=shown.view, defect=defect)
    journal.append(
        tx, now,
        Change(subject=f"line/{line}/book/{number}", event="book_page_added", actor=by, after=after, reason=words,
               facts=told),
    )  # fmt: skip
    return number


def retire(tx: Tx, *, line: str, number: int, by: str, now: datetime) -> None:
    """Take a page out of the line's book."""
    if not book.retire(tx, lines.in_force(tx, line).id, number, now):
        raise InvalidPage(f"The book of line {line!r} has no page {number} any more.")
    change = Change(subject=f"line/{line}/book/{number}", event="book_page_retired", actor=by, after="retired")
    journal.append(tx, now, change)

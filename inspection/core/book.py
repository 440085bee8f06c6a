"""A line's book: how each view looks on a good unit, and examples of what counts as a defect and what does not."""

from collections.abc import Collection

from inspection.core.journal import plain

MAX_WORDS = 300


class InvalidPage(ValueError):
    """An image that cannot go into a line's book; the message says why, and what to do."""


def check_page(defect: str, defect_types: Collection[str], words: str) -> str:
    """The words of a page as they are kept; raises InvalidPage unless an example has some, and its defect is one of the
    line's. `defect` is empty for the reference of a view."""
    if defect and defect not in defect_types:
        raise InvalidPage(f"This line has no defect type {defect!r}. Choose one of its own.")
    words = plain(words.strip())
    if defect and len(words) < 3:
        raise InvalidPage("Write a sentence on what counts in this image, or why it does not.")
    if len(words) > MAX_WORDS:
        raise InvalidPage(f"At most {MAX_WORDS} characters fit beside an example.")
    return words

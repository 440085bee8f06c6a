"""Where a camera's images of one view lie in their index, found in the same few steps on either database.

PostgreSQL: a camera and a view that are both frequent, but not together, let it expect many images where there are
none, and it reads the whole table to find them. Row values, in the index's order, have that one index alone. SQLite: of
row values it seeks by the camera and the view only, and reads all images before the one that is asked for.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from inspection.store.records import IMAGE

VIEW = (IMAGE.c.camera_id, IMAGE.c.view)
PLACE = (*VIEW, IMAGE.c.id)
"""In this order, or back, an image's next ones are asked for; `limit` them, then leave out those of other views."""


def after(camera: Any, view: Any, image: Any) -> ColumnElement[bool]:
    """Images that the view has sent after that one, and on PostgreSQL those of other views behind them."""
    return _Either(_same(camera, view) & (IMAGE.c.id > image), tuple_(*PLACE) > tuple_(camera, view, image))


def before(camera: Any, view: Any, image: Any) -> ColumnElement[bool]:
    """Images that the view has sent before that one, and on PostgreSQL those of other views in front of them."""
    return _Either(_same(camera, view) & (IMAGE.c.id < image), tuple_(*PLACE) < tuple_(camera, view, image))


def all_of(camera: Any, view: Any) -> ColumnElement[bool]:
    """All images that the view has sent, and those of other views in front of them."""
    return tuple_(*VIEW) <= tuple_(camera, view)


def _same(camera: Any, view: Any) -> ColumnElement[bool]:
    return and_(IMAGE.c.camera_id == camera, IMAGE.c.view == view)


class _Either(FunctionElement[Any]):
    """The first condition on SQLite, the other one elsewhere. Of no type: for SQLite, a truth value would be compared
    with 1, and no index be used."""

    type = NullType()
    inherit_cache = True


@compiles(_Either, "sqlite")
def _on_sqlite(element: _Either, compiler: SQLCompiler, **options: Any) -> str:
    here, _ = element.clauses
    return f"({compiler.process(here, **options)})"


@compiles(_Either)
def _elsewhere(element: _Either, compiler: SQLCompiler, **options: Any) -> str:
    _, there = element.clauses
    return f"({compiler.process(there, **options)})"

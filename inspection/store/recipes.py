"""Which of a line's recipes show a model the same."""

from functools import lru_cache

from sqlalchemy import select

from inspection.store.database import Tx
from inspection.store.records import RECIPE, recipe_from


def alike(tx: Tx, line_id: int, recipe_id: int) -> list[int]:
    """The ids of the line's recipes under which models see a view as they do under this one, itself included. All else,
    such as how long a unit is waited for or which views it must show, changes nothing of what is seen of one view."""
    query = select(RECIPE.c.id, RECIPE.c.body).where(RECIPE.c.line_id == line_id)
    bodies = {row.id: row.body for row in tx.execute(query)}
    if recipe_id not in bodies:
        return [recipe_id]
    return [one for one, body in bodies.items() if _sight(body) == _sight(bodies[recipe_id])]


@lru_cache(maxsize=1024)
def _sight(body: str) -> tuple[object, ...]:
    recipe = recipe_from(body)
    return recipe.reference, recipe.locate, recipe.input_size

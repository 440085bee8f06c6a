"""Whether the server lives, and whether it can work."""

from fastapi import APIRouter
from pydantic import BaseModel

from inspection.api.app import Problem, ThePlant
from inspection.store import journal

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The server answers, and its database does; `journal` is the number of the newest entry."""

    status: str
    journal: int


@router.get("/health", responses={503: {"model": Problem, "description": "The database does not answer."}})
def health(plant: ThePlant) -> Health:
    """Answer 200 while the server can read its database."""
    with plant.db.read() as tx:
        return Health(status="ok", journal=journal.last_seq(tx))

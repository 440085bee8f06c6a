"""What a wall screen shows of each line: few words, and first what somebody must look at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inspection.core.level import FREEDOM
from inspection.core.monitor import Light
from inspection.flow import certificate
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.reports import board, cameras
from inspection.store.reports.board import LineCard

LONG_WAIT = timedelta(minutes=15)


class State(StrEnum):
    """How urgent a line is, the most urgent first."""

    ALARM = "alarm"
    LOOK = "look"
    RUNS = "runs"
    QUIET = "quiet"


class ProofState(StrEnum):
    """What stands behind the freedom that the AI has on a line."""

    PROVED = "proved"
    OVERRIDE = "override"
    MISSING = "missing"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One line on the wall. `silent` counts the cameras in service that should have sent something by now."""

    card: LineCard
    state: State
    proof: ProofState
    cameras: int
    silent: int
    waits_long: bool


def andon(tx: Tx, now: datetime) -> tuple[Tile, ...]:
    """All lines, those that need somebody first, then by name."""
    tiles = [_tile(tx, line, now) for line in lines.all_in_force(tx)]
    return tuple(sorted(tiles, key=lambda tile: (list(State).index(tile.state), tile.card.name)))


def _tile(tx: Tx, line: LineInForce, now: datetime) -> Tile:
    card, proof = board.card(tx, line, now), _proof(tx, line, now)
    serving = [camera for camera in cameras.heard(tx, line) if not camera.revoked]
    silent = sum(camera.silent(now) for camera in serving)
    waits_long = (card.oldest_wait_s or 0.0) > LONG_WAIT.total_seconds()
    doubtful = proof is ProofState.MISSING or waits_long or card.light is Light.WARNING
    if card.alarms or card.light is Light.ALARM:
        state = State.ALARM
    elif doubtful or 0 < silent < len(serving) or (silent and card.units_last_hour):
        state = State.LOOK
    else:
        state = State.RUNS if card.units_per_minute else State.QUIET
    return Tile(card=card, state=state, proof=proof, cameras=len(serving), silent=silent, waits_long=waits_long)


def _proof(tx: Tx, line: LineInForce, now: datetime) -> ProofState:
    if not FREEDOM[line.policy.terms.level].ai_decides:
        return ProofState.NOT_NEEDED
    if line.policy.override:
        return ProofState.OVERRIDE
    unproved = certificate.unproved(tx, line, line.policy.terms, now)
    return ProofState.MISSING if unproved else ProofState.PROVED

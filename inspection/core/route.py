"""Where a unit goes, drawn from its serial alone: the same for each of its views and each retry."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

_SPAN = 2.0**64


@dataclass(frozen=True, kw_only=True)
class AuditDraw:
    """Whether a unit is audited, with the probability it was drawn with: the weight of its label in any estimate."""

    audited: bool
    probability: float


def share_of(salt: str, key: str) -> float:
    """A number in [0, 1) that is uniform over keys, fixed for one key, and independent between salts."""
    digest = blake2b(key.encode(), digest_size=8, key=_digest_of(salt)).digest()
    return int.from_bytes(digest, "big") / _SPAN


@lru_cache(maxsize=256)  # salts are few, and each is asked for with every unit
def _digest_of(salt: str) -> bytes:
    return blake2b(salt.encode(), digest_size=32).digest()


def draw_audit(salt: str, serial: str, share: float) -> AuditDraw:
    """Draw the audit flag of a unit at ingest, before anything is known of its images."""
    return AuditDraw(audited=share_of(salt, serial) < share, probability=share)


def in_canary(salt: str, serial: str, weight: float) -> bool:
    """Whether a unit is among the `weight` percent that a rollout's candidate decides: the same for each view and
    retry; a higher weight only adds units, 0 takes none and 100 all. Another salt draws another, independent set."""
    return weight >= 100 or share_of(salt, serial) * 100 < weight

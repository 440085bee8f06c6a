"""The labelled units a certificate is made from: their hash, and what makes an honest sample of them."""

import json
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from inspection.core.risk import Flags, Scores
from inspection.core.route import share_of

SCOUT_SHARE = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Units with a blind label that counts. Arrays of one length, in any order:

    units: an id for each unit (and visit), each once.
    scores: of the worst view; NaN where a person would get the unit anyhow (no opinion, novel, unfit).
    defective: the truth that people gave.
    inclusion: the probability with which each was drawn for labelling, independent of its score and truth (the audit
    share in force at its ingest; 1 where all units were labelled); None where it was the same for all.
    """

    units: tuple[str, ...]
    scores: Scores
    defective: Flags
    inclusion: Scores | None = None

    def __post_init__(self) -> None:
        others = [self.scores, self.defective] + ([] if self.inclusion is None else [self.inclusion])
        if any(array.shape != (len(self.units),) for array in others):
            raise ValueError("Each unit has one score, one truth and, where given, one inclusion probability.")
        if len(set(self.units)) != len(self.units):
            raise ValueError("A unit is there twice: give each visit of a unit its own id, and count it once.")
        if self.inclusion is not None and not ((self.inclusion > 0) & (self.inclusion <= 1)).all():
            raise ValueError("An inclusion probability lies above 0 and is at most 1.")

    def __len__(self) -> int:
        return len(self.units)

    def where(self, keep: Flags) -> "Evidence":
        """The units marked in `keep`."""
        units = tuple(unit for unit, kept in zip(self.units, keep.tolist(), strict=True) if kept)
        inclusion = None if self.inclusion is None else self.inclusion[keep]
        return Evidence(units=units, scores=self.scores[keep], defective=self.defective[keep], inclusion=inclusion)


def labels_hash(evidence: Evidence) -> str:
    """SHA-256 over the rows (unit, truth, score, inclusion) as JSON, sorted by unit; floats as exact hexadecimals. The
    order in which the labels came does not matter; anything else does."""
    order = sorted(range(len(evidence)), key=evidence.units.__getitem__)
    inclusion = np.ones(len(evidence)) if evidence.inclusion is None else evidence.inclusion
    truths, scores, chances = evidence.defective.tolist(), evidence.scores.tolist(), inclusion.tolist()
    rows = [(evidence.units[i], truths[i], scores[i].hex(), chances[i].hex()) for i in order]
    return sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def thinned(evidence: Evidence) -> Evidence:
    """A sample in which every unit of the traffic had the same chance: each label is kept with probability
    (least inclusion) / (its own), by a hash of the unit's id that depends on neither score nor truth.

    What is left is a plain random sample of the window's traffic, so the binomial test stays exact however the traffic
    drifted while the audit share changed; weights would need another test, of less power at small risks. The price is
    labels: begin the window after a long time of a small audit share rather than with it.
    """
    if evidence.inclusion is None or not len(evidence):
        return evidence
    wanted = float(evidence.inclusion.min()) / evidence.inclusion
    if wanted.min() == 1:
        return evidence
    return evidence.where(_hashed("thinning", evidence) < wanted)


def split_scouts(evidence: Evidence) -> tuple[Scores, Evidence]:
    """Scores of a tenth of the units, by a hash of their ids, and the other units. The scouts tell where a walk may
    begin; their labels are not used, so what they tell is no accident of the units that are tested."""
    scouts = _hashed("scout", evidence) < SCOUT_SHARE
    return evidence.scores[scouts], evidence.where(~scouts)


def _hashed(salt: str, evidence: Evidence) -> Scores:
    return np.array([share_of(salt, unit) for unit in evidence.units], dtype=np.float64)

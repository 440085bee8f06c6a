"""How many of the defects shown to them inspectors find, and what their misses do to a certificate."""

from dataclasses import dataclass, replace

from inspection.core.evidence import lower_bound
from inspection.core.risk import Claim, Risk

SHARE_OF_DELTA = 0.2


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """Of `shown` defective units people called `found` defective, without knowing them: measured on units other than
    those that a certificate counts."""

    found: int
    shown: int

    def __post_init__(self) -> None:
        if not 0 <= self.found <= self.shown or self.shown < 1:
            raise ValueError("Of at least one defective unit shown, from none to all were found.")

    def lower(self, delta: float) -> float:
        """People find at least this share of the defects, with confidence 1 - delta (Clopper and Pearson)."""
        return lower_bound(self.found, self.shown, delta)


def of_double_reads(both: int, second_only: int) -> Sensitivity | None:
    """From units read twice, blind: of the defects that the second reader found (and that hold after adjudication) the
    first one found `both`; None without any. A defect that hides from both is not seen here, so known-answer units say
    more."""
    return Sensitivity(found=both, shown=both + second_only) if both + second_only else None


def pooled(*parts: Sensitivity | None) -> Sensitivity | None:
    """Known-answer units and double reads together; None where neither was."""
    there = [part for part in parts if part is not None]
    if not there:
        return None
    return Sensitivity(found=sum(part.found for part in there), shown=sum(part.shown for part in there))


def corrected(claim: Claim, sensitivity: Sensitivity | None) -> tuple[Claim, float]:
    """The claim to test on people's labels so that it holds for the truth, and the share of defects they surely find.

    People find a share s of the defects, whatever their score, so the risk seen, per unit or per passed, is at least s
    times the true one. With confidence 1 - d, s >= s_low; so a true risk over the limit shows as a risk over
    limit * s_low, which is tested at delta - d: together the error stays within delta (d is a fifth of it). The share
    passed of the defects is the same among those found as among all, and stands as it is.

    The assumption can fail: faint defects are missed by people *and* score low. A certificate is then too kind, and
    only known-answer units that are as faint as real ones tell.
    """
    if sensitivity is None or claim.definition is Risk.PER_DEFECTIVE:
        return claim, 1.0
    spent = SHARE_OF_DELTA * claim.delta
    least = sensitivity.lower(spent)
    return replace(claim, limit=claim.limit * least, delta=claim.delta - spent), least

"""How well inspectors judge, and the AI as one more of them: agreement, defects found, good units passed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from inspection.core.agreement import Estimate, ac1, cohen, fleiss, proportion
from inspection.core.bias import Bias
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.policy import Terms

_SIDES = (Verdict.PASS, Verdict.REJECT)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one person said of a unit; `ai` is what the AI would have said by the policy in force, None for nothing."""

    person: str
    verdict: Verdict
    types: tuple[str, ...] = ()
    seconds: float = 0.0
    saw_ai: bool = False
    ai: Verdict | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One unit that two people judged by themselves; the second never saw what the AI says. `truth` is what somebody
    settled where they differ."""

    first: Said
    second: Said
    truth: Verdict | None = None
    truth_types: tuple[str, ...] = ()

    @property
    def reference(self) -> Verdict | None:
        """What the unit is taken to be: as it was settled, or as both say; None while they differ."""
        same = self.first.verdict if self.first.verdict is self.second.verdict else None
        return self.truth or same

    @property
    def types(self) -> tuple[str, ...]:
        """The defects it has."""
        return self.truth_types or tuple(dict.fromkeys((*self.first.types, *self.second.types)))


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A blind judgement of a unit of which it is known what it is."""

    said: Said
    truth: Verdict
    types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Led:
    """A judgement of a unit on which the AI was wrong: what it suggested, whether that was seen, what was said."""

    suggested: Verdict
    reference: Verdict
    said: Said


@dataclass(frozen=True, kw_only=True)
class Appraiser:
    """One who judges: how much, how fast, in agreement with the others, and right or wrong where that is known."""

    name: str
    judged: int
    seconds: float | None
    agreed: Estimate | None
    kappa: Estimate | None
    ac1: Estimate | None
    found: Estimate | None
    cleared: Estimate | None


@dataclass(frozen=True, kw_only=True)
class Quality:
    """All figures of a line and a time. `everybody` has Fleiss' kappa, single people Cohen's against all others, the AI
    Cohen's against people who judged blind."""

    everybody: Appraiser
    people: tuple[Appraiser, ...]
    ai: Appraiser
    types: tuple[Appraiser, ...]
    bias: Bias


def measure(given: Sequence[Said], pairs: Sequence[Pair], known: Sequence[Checked], led: Iterable[Led]) -> Quality:
    """The figures from all judgements, units judged twice, checked judgements, and those on which the AI was wrong."""
    blind = [pair for pair in pairs if not pair.first.saw_ai]
    checked = [*known, *(check for pair in pairs for check in _checked(pair))]
    twice = {one.person for pair in pairs for one in (pair.first, pair.second)}
    names = sorted({one.person for one in given} | {one.said.person for one in known} | twice)
    types = sorted({kind for pair in blind for kind in (*pair.first.types, *pair.second.types)})
    return Quality(
        everybody=_everybody(given, blind, checked),
        people=tuple(_person(name, given, blind, checked) for name in names),
        ai=_ai(given, pairs, checked),
        types=tuple(_type(kind, blind, checked) for kind in types),
        bias=bias(led),
    )


def _checked(pair: Pair) -> list[Checked]:
    if pair.reference is None:
        return []
    blind = [one for one in (pair.first, pair.second) if not one.saw_ai]
    types = pair.types if pair.reference is Verdict.REJECT else ()
    return [Checked(said=one, truth=pair.reference, types=types) for one in blind]


def _everybody(given: Sequence[Said], pairs: Sequence[Pair], checked: Sequence[Checked]) -> Appraiser:
    ratings = [[(one.first.verdict, one.second.verdict).count(side) for side in _SIDES] for one in pairs]
    same = sum(one.first.verdict is one.second.verdict for one in pairs)
    return Appraiser(
        name="", judged=len(given), seconds=_median(given), agreed=proportion(same, len(pairs)),
        kappa=fleiss(ratings) if ratings else None, ac1=ac1(ratings) if ratings else None, **_right(checked),
    )  # fmt: skip


def _person(name: str, given: Sequence[Said], pairs: Sequence[Pair], checked: Sequence[Checked]) -> Appraiser:
    mine = [one for one in given if one.person == name]
    both = [(one.first, one.second) for one in pairs if one.first.person == name]
    both += [(one.second, one.first) for one in pairs if one.second.person == name]
    said = [(one.verdict, other.verdict) for one, other in both]
    own = _right(one for one in checked if one.said.person == name)
    return Appraiser(name=name, judged=len(mine), seconds=_median(mine), **_two(said), **own)


def _ai(given: Sequence[Said], pairs: Sequence[Pair], checked: Sequence[Checked]) -> Appraiser:
    """The AI against all who judged without seeing it, and against the truth, each unit once a judgement."""
    blind = [*(one for one in given if not one.saw_ai), *(pair.second for pair in pairs)]
    said = [(one.ai, one.verdict) for one in blind if one.ai is not None]
    its_own = [
        Checked(said=Said(person="", verdict=one.said.ai), truth=one.truth, types=one.types)
        for one in checked
        if one.said.ai is not None
    ]
    return Appraiser(name="", judged=len(said), seconds=None, **_two(said), **_right(its_own))


def _type(kind: str, pairs: Sequence[Pair], checked: Sequence[Checked]) -> Appraiser:
    """Whether both name this defect, or neither; of units that have it, how many judgements rejected them at all."""
    said = [(_SIDES[kind in pair.first.types], _SIDES[kind in pair.second.types]) for pair in pairs]
    having = [one for one in checked if kind in one.types]
    times = sum(Verdict.REJECT in both for both in said)
    return Appraiser(name=kind, judged=times, seconds=None, **_two(said), **_right(having))


def _two(said: Sequence[tuple[Verdict, Verdict]]) -> dict[str, Estimate | None]:
    counted = Counter(said)
    table = [[counted[one, other] for other in _SIDES] for one in _SIDES]
    same = table[0][0] + table[1][1]
    ratings = np.repeat([[2, 0], [1, 1], [0, 2]], [table[0][0], len(said) - same, table[1][1]], axis=0)
    return {
        "agreed": proportion(same, len(said)), "kappa": cohen(table), "ac1": ac1(ratings) if len(said) else None,
    }  # fmt: skip


def _right(checked: Iterable[Checked]) -> dict[str, Estimate | None]:
    """Of defective units how many were rejected (sensitivity), of good ones how many passed (specificity)."""
    told = list(checked)
    defective = [one.said.verdict for one in told if one.truth is Verdict.REJECT]
    good = [one.said.verdict for one in told if one.truth is Verdict.PASS]
    return {
        "found": proportion(defective.count(Verdict.REJECT), len(defective)),
        "cleared": proportion(good.count(Verdict.PASS), len(good)),
    }


def _median(given: Sequence[Said]) -> float | None:
    return median(one.seconds for one in given) if given else None


def bias(led: Iterable[Led]) -> Bias:
    """How often people said what the AI wrongly suggests, where they saw it and where they did not."""
    wrong = [one for one in led if one.suggested is not one.reference]
    seen = [one.said.verdict is one.suggested for one in wrong if one.said.saw_ai]
    unseen = [one.said.verdict is one.suggested for one in wrong if not one.said.saw_ai]
    return Bias(shown=len(seen), went_along=sum(seen), hidden=len(unseen), said_so_too=sum(unseen))


def ai_verdict(terms: Terms, model: str | None, score: float | None) -> Verdict | None:
    """What the AI makes of a unit's worst score under these terms; None for another model's score, between the
    thresholds, or without any."""
    if model is None or score is None or model != terms.model:
        return None
    if terms.reject_above is not None and score >= terms.reject_above:
        return Verdict.REJECT
    passes = terms.pass_below is not None and score <= terms.pass_below
    return Verdict.PASS if passes or terms.level is Level.FULL_AUTOMATION else None

"""An attribute-agreement study: the same parts, judged again and again by the same people, against what they are.

Terms and limits are those of the measurement systems analysis of the automotive industry (AIAG, MSA, 4th ed., 2010,
ch. III C): effectiveness is the share of parts that a person judges rightly every time, misses are defective parts that
are passed, false alarms good ones that are rejected, both of all judgements of such parts.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from inspection.core.agreement import Estimate, ac1, cohen, fleiss, proportion
from inspection.core.decide import Verdict

EFFECTIVE, MISSES, FALSE_ALARMS = 0.90, 0.02, 0.05
FEWEST_PARTS, MOST_PARTS = 5, 100
ADVISED_PARTS = (20, 50)
MOST_PEOPLE, ROUNDS = 12, (2, 5)
_SIDES = (Verdict.PASS, Verdict.REJECT)


class InvalidStudy(ValueError):
    """A study that cannot be made or gone on with; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What one person said of one part in one round, from 1 on."""

    person: str
    round: int
    part: int
    verdict: Verdict


def check_design(truths: Sequence[Verdict], people: Sequence[object], rounds: int) -> None:
    """Raise InvalidStudy for a set that would tell too little or take too long."""
    least, most = ROUNDS
    if not FEWEST_PARTS <= len(truths) <= MOST_PARTS:
        raise InvalidStudy(f"Choose {FEWEST_PARTS} to {MOST_PARTS} parts; 20 to 50 are advised.")
    if len(set(truths)) < len(_SIDES):
        raise InvalidStudy("Choose good parts and defective ones: about as many of each.")
    if not 1 <= len(people) <= MOST_PEOPLE:
        raise InvalidStudy(f"Choose 1 to {MOST_PEOPLE} inspectors.")
    if not least <= rounds <= most:
        raise InvalidStudy(f"Each part is judged {least} to {most} times: choose so many rounds.")


def orders(
    parts: Sequence[int], people: Sequence[int], rounds: int, salt: str
) -> dict[tuple[int, int], tuple[int, ...]]:
    """In which order each person gets the parts in each round, by person and round: drawn by the salt, the same
    whenever it is asked, and no two of them alike. Every part comes once a round."""
    if math.factorial(min(len(parts), 10)) < len(people) * rounds:
        raise InvalidStudy("There are too few parts for so many different orders.")
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    taken: set[tuple[int, ...]] = set()
    for person in people:
        for number in range(1, rounds + 1):
            attempt = 0
            while (order := _shuffled(parts, f"{salt} {person} {number} {attempt}")) in taken:
                attempt += 1
            taken.add(order)
            found[person, number] = order
    return found


def _shuffled(parts: Sequence[int], key: str) -> tuple[int, ...]:
    return tuple(sorted(parts, key=lambda part: blake2b(f"{key} {part}".encode(), digest_size=8).digest()))


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many, against a limit that AIAG gives; `met` is None without any."""

    events: int
    of: int
    limit: float

    @property
    def value(self) -> float | None:
        """The share."""
        return self.events / self.of if self.of else None

    @property
    def met(self) -> bool | None:
        """Whether it keeps the limit."""
        return None if self.value is None else self.value <= self.limit


@dataclass(frozen=True, kw_only=True)
class Appraised:
    """One appraiser: parts judged the same in every round (repeatability), parts judged rightly in every round
    (effectiveness), and agreement beyond chance with themselves and, in the first round, with the truth."""

    name: str
    repeated: Estimate | None
    repeated_kappa: Estimate | None
    repeated_ac1: Estimate | None
    right: Estimate | None
    right_kappa: Estimate | None
    right_ac1: Estimate | None
    misses: Share
    false_alarms: Share

    @property
    def effective(self) -> bool | None:
        """Whether the effectiveness keeps AIAG's limit."""
        return None if self.right is None else self.right.value >= EFFECTIVE


@dataclass(frozen=True, kw_only=True)
class Result:
    """The whole report. `between` are parts on which all agree in every round, `all_right` those on which all are also
    right; kappa and AC1 between people are of the first round."""

    parts: int
    people: tuple[Appraised, ...]
    between: Estimate | None
    between_kappa: Estimate | None
    between_ac1: Estimate | None
    all_right: Estimate | None
    ai: Appraised
    ai_silent: int


def result(truths: Mapping[int, Verdict], ai: Mapping[int, Verdict], said: Iterable[Judgement]) -> Result:
    """The report from what the parts are, what the AI says of them (where it says anything), and all judgements of
    people who have finished. Intervals take parts as what varies, and need no rounds to be independent."""
    by: dict[str, dict[int, dict[int, Verdict]]] = {}
    for one in said:
        by.setdefault(one.person, {}).setdefault(one.part, {})[one.round] = one.verdict
    names = sorted(by)
    together = {part: [v for name in names for v in by[name].get(part, {}).values()] for part in truths}
    first = [[by[name][part][1] for name in names if 1 in by[name].get(part, {})] for part in truths]
    same = [part for part, verdicts in together.items() if len(set(verdicts)) == 1]
    n = len(truths) if names else 0
    counts = [_counts(verdicts) for verdicts in first]
    return Result(
        parts=len(truths), people=tuple(_appraised(name, truths, by[name]) for name in names),
        between=proportion(len(same) if len(names) > 1 else 0, n if len(names) > 1 else 0),
        between_kappa=fleiss(counts) if len(names) > 1 else None, between_ac1=ac1(counts) if len(names) > 1 else None,
        all_right=proportion(sum(together[part][0] is truths[part] for part in same), n),
        ai=_appraised("", {part: truths[part] for part in ai}, {part: {1: verdict} for part, verdict in ai.items()}),
        ai_silent=len(truths) - len(ai),
    )  # fmt: skip


def _appraised(name: str, truths: Mapping[int, Verdict], said: Mapping[int, Mapping[int, Verdict]]) -> Appraised:
    rounds = max((len(verdicts) for verdicts in said.values()), default=0)
    same = {part for part in truths if len(set(said[part].values())) == 1}
    right = sum(said[part][1] is truths[part] for part in same)
    again = [_counts(list(said[part].values())) for part in truths] if rounds > 1 else []
    first = [(said[part][1], truth) for part, truth in truths.items()]
    table = [[first.count((one, other)) for other in _SIDES] for one in _SIDES]
    against = [_counts(list(both)) for both in first]
    every = [(verdict, truths[part]) for part in truths for verdict in said[part].values()]
    return Appraised(
        name=name, repeated=proportion(len(same), len(truths)) if rounds > 1 else None,
        repeated_kappa=fleiss(again) if again else None, repeated_ac1=ac1(again) if again else None,
        right=proportion(right, len(truths)), right_kappa=cohen(table), right_ac1=ac1(against) if against else None,
        misses=_wrong(every, Verdict.REJECT, MISSES), false_alarms=_wrong(every, Verdict.PASS, FALSE_ALARMS),
    )  # fmt: skip


def _wrong(every: Sequence[tuple[Verdict, Verdict]], truth: Verdict, limit: float) -> Share:
    of_it = [verdict for verdict, is_so in every if is_so is truth]
    return Share(events=sum(verdict is not truth for verdict in of_it), of=len(of_it), limit=limit)


def _counts(verdicts: Sequence[Verdict]) -> list[int]:
    return [verdicts.count(side) for side in _SIDES]

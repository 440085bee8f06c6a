"""A study is made of what is known, judged in an order of one's own, stopped and gone on with, and then told."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.people import NotAllowed
from inspection.core.study import InvalidStudy
from inspection.flow import known, study
from inspection.store import journal, lines, studies
from inspection.store import known as store_known
from inspection.store.reports import sight
from inspection.store.reports import study as report
from tests.plant import Plant


@pytest.fixture
def plant(any_plant: Plant) -> Plant:
    """A line with six units of known truth, every other one defective."""
    any_plant.level(Level.SHADOW)
    for number in range(6):
        bad = number % 2 == 1
        any_plant.unit(f"S-{number}", 0.9 if bad else 0.1)
        held = any_plant.claim("erin")
        assert held is not None
        any_plant.answer(held, Verdict.REJECT if bad else Verdict.PASS, "erin")
        unit = any_plant.find(f"S-{number}").id
        any_plant.write(lambda tx, u=unit, b=bad: known.add(
            tx, line="phones", unit_id=u, defective=b, reason="x-ray", by="erin", now=any_plant.now
        ))  # fmt: skip
    return any_plant


def begin(plant: Plant, serials: int = 6, names: tuple[str, ...] = ("ines", "ivan"), rounds: int = 2) -> int:
    ids = [plant.find(f"S-{number}").id for number in range(serials)]
    return plant.write(
        lambda tx: study.begin(
            tx, line="phones", title="Spring study", unit_ids=ids, names=names, rounds=rounds, by="erin", now=plant.now
        )
    )


def turn(plant: Plant, number: int, name: str) -> study.Turn | None:
    person = plant.person(name)
    return plant.read(lambda tx: study.turn(tx, studies.get(tx, number), person))


def judge(plant: Plant, number: int, name: str, verdict: str | None = None) -> list[int]:
    """Judge all that is left, rightly or always the same; the parts in the order in which they came."""
    person, seen = plant.person(name), []
    while (due := turn(plant, number, name)) is not None:
        seen.append(due.part.id)
        said = verdict or due.part.truth
        assert plant.write(lambda tx, d=due, s=said: study.judge(
            tx, study_id=number, number=d.number, verdict=s, seconds=2.0, person=person, now=plant.now
        ))  # fmt: skip
    return seen


def test_everybody_judges_every_part_each_round_in_an_order_of_their_own(plant: Plant) -> None:
    number = begin(plant)
    ines, ivan = judge(plant, number, "ines"), judge(plant, number, "ivan", "pass")
    rounds = [tuple(ines[:6]), tuple(ines[6:]), tuple(ivan[:6]), tuple(ivan[6:])]
    assert len(set(rounds)) == 4
    assert all(len(set(one)) == 6 for one in rounds)
    assert plant.read(lambda tx: studies.get(tx, number)).state == "ended"
    told = plant.read(lambda tx: report.report(tx, number))
    by_name = {one.name: one for one in told.result.people}
    assert by_name["ines"].right is not None
    assert by_name["ivan"].right is not None
    assert (by_name["ines"].right.value, by_name["ivan"].right.value) == (1, 0.5)
    assert (by_name["ivan"].misses.events, by_name["ivan"].misses.of) == (6, 6)
    assert told.result.ai.right is not None
    assert told.result.ai.right.value == 1
    told_of = plant.read(lambda tx: journal.entries(tx, subject=f"line/phones/study/{number}"))
    events = [entry.change.event for entry in told_of]
    assert events == ["study_begun", "study_judged", "study_judged", "study_ended"]


def test_an_answer_counts_once_and_only_when_it_is_due(plant: Plant) -> None:
    number, ines = begin(plant), plant.person("ines")
    give = lambda n: plant.write(  # noqa: E731
        lambda tx: study.judge(
            tx, study_id=number, number=n, verdict="pass", seconds=1.0, person=ines, now=plant.now
        )
    )  # fmt: skip
    assert (give(1), give(1), give(3), give(2)) == (True, False, False, True)
    due = turn(plant, number, "ines")
    assert due is not None
    assert (due.number, due.of, due.round) == (3, 12, 1)


def test_it_stops_and_goes_on_where_it_was(plant: Plant) -> None:
    number, ines = begin(plant), plant.person("ines")
    move = lambda state: plant.write(  # noqa: E731
        lambda tx: study.move(tx, study_id=number, state=state, by="erin", now=plant.now)
    )
    before = turn(plant, number, "ines")
    move("stopped")
    with pytest.raises(InvalidStudy, match="stands still"):
        plant.write(lambda tx: study.judge(
            tx, study_id=number, number=1, verdict="pass", seconds=1.0, person=ines, now=plant.now
        ))  # fmt: skip
    assert plant.read(lambda tx: report.wanted(tx, ines.id)) == ()
    move("running")
    assert turn(plant, number, "ines") == before
    assert [one.study.id for one in plant.read(lambda tx: report.wanted(tx, ines.id))] == [number]
    move("ended")
    for state in ("running", "ended", "nonsense"):
        with pytest.raises(InvalidStudy, match="as it stands"):
            move(state)


def test_no_answer_is_seen_before_the_end_and_who_has_not_finished_does_not_count(plant: Plant) -> None:
    number = begin(plant)
    judge(plant, number, "ines")
    with pytest.raises(Unknown, match="has not ended"):
        plant.read(lambda tx: report.report(tx, number))
    plant.write(lambda tx: study.move(tx, study_id=number, state="ended", by="erin", now=plant.now))
    told = plant.read(lambda tx: report.report(tx, number))
    assert ([one.name for one in told.result.people], told.unfinished) == (["ines"], ("ivan",))


def test_others_judge_nothing_in_it(plant: Plant) -> None:
    number = begin(plant)
    with pytest.raises(NotAllowed, match="do not judge"):
        turn(plant, number, "erin")


def test_what_cannot_be_made_is_said_in_words(plant: Plant) -> None:
    for asked, words in (
        ({"serials": 4}, "5 to 100"),
        ({"names": ("nobody",)}, "from the list"),
        ({"rounds": 9}, "rounds"),
    ):
        with pytest.raises(InvalidStudy, match=words):
            begin(plant, **asked)  # type: ignore[arg-type]
    plant.unit("S-77", 0.1)
    strange = plant.find("S-77").id
    with pytest.raises(InvalidStudy, match="known what they are"):
        plant.write(lambda tx: study.begin(
            tx, line="phones", title="x", unit_ids=[strange], names=("ines",), rounds=2, by="erin", now=plant.now
        ))  # fmt: skip


def test_while_a_study_runs_nobody_is_told_what_the_ai_says_of_its_parts(plant: Plant) -> None:
    plant.later(minutes=1)
    unit, erin = plant.find("S-1").id, plant.person("erin")

    def told() -> bool:
        return plant.read(lambda tx: sight.may_show_ai(tx, unit, erin.id, plant.now, inspector=False))

    assert told()
    number = begin(plant)
    assert not told()
    judge(plant, number, "ines")
    assert not told()
    judge(plant, number, "ivan")
    assert told()


def test_parts_of_a_study_are_shown_to_its_people_in_no_disguise(plant: Plant) -> None:
    line = plant.read(lambda tx: lines.in_force(tx, "phones"))

    def known_for(name: str) -> object:
        person = plant.person(name).id
        return plant.read(lambda tx: store_known.for_person(tx, line.id, line.recipe_id, person, plant.now))

    assert known_for("ines") is not None
    begin(plant, names=("ines",))
    assert known_for("ines") is None
    assert known_for("ivan") is not None

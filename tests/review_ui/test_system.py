"""The page of the software's figures."""

from inspection.core import metrics
from inspection.core.metrics import Stage
from inspection.core.predict import Failure
from inspection.core.spread import Spread
from review_ui import draw


def test_it_tells_times_at_each_stage_lines_and_what_went_wrong(visit, plant):
    plant.line()
    plant.unit("A-1")
    for seconds in (0.01, 0.02, 0.02, 4.0):
        plant.tally.took(metrics.STAGE_TIMES, "phones", Stage.PREDICT, seconds=seconds)
    plant.tally.count(metrics.FAILURES, "phones", "abc", Failure.OVERLOADED)
    plant.tally.count(metrics.DEADLINES, "phones")
    page = visit("erin").get("/system").text
    assert 'aria-label="5.0 ms to 5.0 s"' in page
    assert "18 ms" in page
    assert ">p99</th>" in page
    assert 'href="/lines/phones">phones</a></th><td class="right nowrap">2</td><td class="right nowrap">1</td>' in page
    assert "A model gave no answer" in page


def test_it_says_so_when_nothing_went_wrong_and_there_is_no_line(visit):
    page = visit("erin").get("/system").text
    assert "Nothing went wrong." in page
    assert "There is no line yet." in page


def test_a_source_that_does_not_answer_is_named(visit, plant):
    def away():
        raise OSError

    plant.figures._sources["gpu"] = away  # what Exposition was given; a machine's GPU cannot be made to fail here
    assert "gpu did not answer" in visit("erin").get("/system").text


def test_it_tells_no_serial_and_no_opinion(visit, plant):
    plant.line()
    plant.unit("SECRET-1")
    page = visit("erin").get("/system").text
    assert "SECRET" not in page


def test_only_engineers_find_it_in_the_menu(visit):
    assert 'href="/system"' in visit("erin").get("/").text
    assert 'href="/system"' not in visit("ines").get("/").text


def test_a_drawing_runs_from_the_shortest_to_the_longest():
    counts = [0] * 18
    counts[3], counts[5] = 100, 1
    drawn = draw.times(Spread(counts=tuple(counts), total_s=1.0))
    assert [bar.height for bar in drawn.bars] == [28.0, 0.0, 2.8]
    assert (drawn.low, drawn.high) == (0.005, 0.05)

"""How well people judge: all of it for engineers, one's own and nobody else's for inspectors, a day later."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.people import Role


def given(verdict: Verdict, seconds: float = 2.0) -> Label:
    types = ("scratch",) if verdict is Verdict.REJECT else ()
    return Label(verdict=verdict, defect_types=types, seconds=seconds)


@pytest.fixture(autouse=True)
def work(plant):
    """Ines judges with the AI in sight and goes along with two wrong suggestions; ivan reads one again."""
    plant.person("ivan", Role.INSPECTOR)
    plant.line()
    plant.level(Level.AI_ASSIST, model=plant.model(), audit_share=0, pass_below=0.3, reject_above=0.7)
    for number in range(3):
        plant.unit(f"A-{number}", score=0.9)
        plant.answer("ines", given(Verdict.REJECT, seconds=3.5))
        plant.wait(40)
    plant.unit("A-9", score=0.1)
    plant.answer("ivan", given(Verdict.PASS), second=1.0)
    plant.wait(31)


def cells(page: str, who: str) -> list[str]:
    import re

    row = re.search(rf'<th scope="row">{who}</th>(.*?)</tr>', page, re.S)[1]
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, re.S)]


def test_engineers_see_everybody_and_the_ai(visit):
    page = visit("erin").get("/quality").text
    assert cells(page, "ines")[:2] == ["3", "3.5 s"]
    assert cells(page, "ivan")[0] == "0"
    assert cells(page, "The AI")[0] == "1"  # the one unit that was judged blind
    assert "Too little to say" in page
    assert "1 of 1" in page  # a wrong suggestion in sight, and ines went along


def test_a_line_and_a_time_are_chosen(visit, plant):
    plant.line("gears", views=("face",))
    erin = visit("erin")
    assert "Nothing was judged" in erin.get("/quality?line=gears").text
    plant.wait(8 * 86_400)
    assert "Nothing was judged" not in visit("erin").get("/quality?line=phones&days=30").text
    assert "Nothing was judged" in visit("erin").get("/quality?line=phones&days=7").text
    assert visit("erin").get("/quality?days=0").status_code == 400


def test_inspectors_see_their_own_and_only_up_to_yesterday(visit, plant):
    assert "Nothing was judged" in visit("ines").get("/quality").text
    plant.wait(86_400)
    page = visit("ines").get("/quality").text
    assert cells(page, "ines")[:2] == ["3", "3.5 s"]
    for hidden in ("ivan", "The AI", "All people"):
        assert f'<th scope="row">{hidden}' not in page
    assert '<th scope="row">ivan' in visit("erin").get("/quality").text


def test_an_unknown_line_is_said_to_be_unknown(visit):
    assert visit("erin").get("/quality?line=nowhere").status_code == 404

"""The pages in a real browser: keys, touch, zoom, live updates, narrow screens, and a console without complaints."""

import re

import pytest

from inspection.core.level import Level
from inspection.core.people import Role
from tests.review_ui import cards
from tests.review_ui.plant import PASSWORD, picture

PAGES = ["/", "/queue", "/review", "/review?line=gears", "/new-line", "/password", "/lines/gears", "/lines/phones",
         "/lines/phones/training", "/lines/phones/units", "/lines/phones/units/A-0", "/lines/phones/light",
         "/lines/phones/book", "/andon", "/lines/phones/figures", "/lines/phones/drift",
         "/lines/phones/models/1", "/lines/phones/replay", "/lines/phones/rollout", "/lines/phones/proof",
         "/journal", "/system", "/adjudicate", "/quality", "/lines/phones/study",
         "/units", "/units?layout=list&view=front"]  # fmt: skip


@pytest.fixture
def plant(plant):
    plant.line(simulated=True)
    plant.line("gears", views=("face",), title="Gear wheels, incoming")
    suspects = [
        cards.suspect(plant.images.put(picture(99 + i)).sha256, f"photo {i} of good parts.png") for i in range(3)
    ]
    card = cards.learned(suspects=suspects)
    card["views"]["back"] = cards.foreign()["views"]["back"]
    plant.level(Level.AI_ASSIST, model=plant.model(card=card), audit_share=0)
    for i in range(4):
        plant.unit(f"A-{i}", score=0.9 if i % 2 else 0.1, size=(640, 480))
        plant.wait(1)
    return plant


def on_the_desk(page, serial: str) -> None:
    """Wait until that unit's pictures are painted, and the keys listen."""
    page.wait_for_selector(f'#work[data-serial="{serial}"][data-ready]')
    page.wait_for_timeout(280)


def live(page) -> None:
    """Wait until the page hears the server."""
    page.wait_for_selector("#live[data-state=live]")


@pytest.mark.parametrize(
    ("width", "height", "theme", "language"),
    [(1440, 900, "light", "en"), (1440, 900, "dark", "zh"), (390, 844, "dark", "en"), (390, 844, "light", "vi")],
)
def test_no_page_is_too_wide_or_complains(window, plant, width, height, theme, language):
    plant.windows([120.0] * 9)
    page = window("erin", width=width, height=height, color_scheme=theme, locale=language)
    for path in PAGES:
        page.goto(path)
        live(page)
        page.wait_for_timeout(600)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.complaints == [], path


def test_the_sign_in_page_works_and_complains_of_nothing(window):
    page = window(None, width=390, height=844)
    page.goto("/lines/phones")
    page.fill("input[name=name]", "ines")
    page.fill("input[name=password]", "a long enough one")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1")
    assert page.url.endswith("/lines/phones")
    assert page.complaints == []


def test_the_first_sign_in_with_a_one_time_password_ends_on_the_board(window, plant):
    plant.person("first", Role.ADMIN, must_change=True)
    page = window(None)
    page.goto("/")
    page.fill("input[name=name]", "first")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=again]")
    page.evaluate("window.sameDocument = true")
    page.wait_for_timeout(700)
    assert page.evaluate("window.sameDocument")
    for field, value in (("old", PASSWORD), ("new", "now it is my own"), ("again", "now it is my own")):
        page.fill(f"input[name={field}]", value)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Board')")
    assert page.complaints == []


def test_one_key_per_verdict_and_one_to_take_it_back(window, visit):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.keyboard.press("2")
    on_the_desk(page, "A-1")
    assert "crack" in page.inner_text(".undo")
    page.keyboard.press("Space")
    on_the_desk(page, "A-2")
    page.keyboard.press("u")
    on_the_desk(page, "A-1")
    page.keyboard.press("Space")
    on_the_desk(page, "A-2")
    page.keyboard.press("s")
    on_the_desk(page, "A-3")
    story = visit("erin").get("/lines/phones/units/A-0").text
    assert "rejected by a person" in story
    assert "crack" in story
    seconds = float(re.search(r"([\d.]+) s · saw the AI", story)[1])
    assert 0.2 < seconds < 60
    assert "passed by a person" in visit("erin").get("/lines/phones/units/A-1").text
    assert page.complaints == []


def test_a_key_that_bounces_does_not_judge_the_next_unit(window):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.evaluate(
        """() => {
            const press = (repeat) => document.dispatchEvent(
                new KeyboardEvent("keydown", {key: " ", repeat, bubbles: true}));
            document.addEventListener("htmx:afterSwap", () => { press(true); press(false); }, {once: true});
        }"""
    )
    page.keyboard.press("Space")
    on_the_desk(page, "A-1")
    page.wait_for_timeout(300)
    assert page.get_attribute("#work", "data-serial") == "A-1"


def test_keys_write_a_note_and_not_a_verdict_while_typing(window, visit):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.keyboard.press("n")
    page.keyboard.type("1 up 2 left")
    assert page.get_attribute("#work", "data-serial") == "A-0"
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    on_the_desk(page, "A-1")
    assert "“1 up 2 left”" in visit("erin").get("/lines/phones/units/A-0").text


def test_the_overlay_is_shown_and_hidden_by_a_key_and_stays_so(window):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    assert page.is_visible(".heat >> nth=0")
    page.keyboard.press("h")
    assert not page.is_visible(".heat >> nth=0")
    page.wait_for_selector(".view.zoomable >> nth=1")
    assert not page.is_visible(".heat >> nth=0")
    page.keyboard.press("h")
    assert page.is_visible(".heat >> nth=0")
    page.keyboard.press("h")
    assert not page.is_visible(".heat >> nth=0")
    page.keyboard.press("Space")
    on_the_desk(page, "A-1")
    assert not page.is_visible(".heat >> nth=0")


def test_a_picture_zooms_deep_and_comes_back(window):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.wait_for_selector(".view.zoomable >> nth=1")
    spot = page.locator(".view").first.bounding_box()
    before = page.screenshot(clip=spot)
    page.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    for _ in range(4):
        page.mouse.wheel(0, -400)
    page.wait_for_timeout(600)
    assert page.screenshot(clip=spot) != before
    page.keyboard.press("0")
    page.wait_for_timeout(800)
    page.keyboard.press("Space")
    on_the_desk(page, "A-1")
    assert page.complaints == []


def test_the_next_units_pictures_are_there_before_they_are_asked_for(window):
    page = window("ines")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if re.search(r"/images/\d+$", request.url) else None)
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.wait_for_timeout(400)
    assert {url.rsplit("/", 1)[1] for url in asked} == {"1", "2", "3", "4"}
    page.keyboard.press("Space")
    on_the_desk(page, "A-1")
    times = page.evaluate(
        """() => { const all = (name) => performance.getEntriesByName(name).map((mark) => mark.startTime);
                   return [all("jidoka:key").at(-1), all("jidoka:painted").at(-1)]; }"""
    )
    assert 0 < times[1] - times[0] < 3000


def test_an_idle_inspector_is_woken_by_the_next_unit(window, plant):
    page = window("ines")
    page.goto("/review?line=gears")
    page.wait_for_selector("text=Nothing to inspect")
    live(page)
    plant.unit("G-1", line="gears", views=("face",))
    on_the_desk(page, "G-1")


def test_the_board_follows_without_a_reload(window, plant):
    page = window("ines")
    page.goto("/")
    live(page)
    page.evaluate("window.sameDocument = true")
    card = page.locator('[data-line="gears"]')
    assert "Human only" in card.inner_text()
    plant.level(Level.SHADOW, "gears", model=plant.model("gears", "feed00"))
    card.locator("text=Shadow").wait_for()
    assert page.evaluate("window.sameDocument")


def test_a_lost_connection_is_said(window, served):
    page = window("ines")
    page.goto("/")
    live(page)
    page.context.set_offline(True)
    served.plant.changes.stop()
    page.wait_for_selector("#live[data-state=lost]")
    assert "Not live" in page.inner_text("#live")


def test_gloves_find_every_target(window):
    page = window("ines", width=1024, height=768, has_touch=True)
    page.goto("/review")
    on_the_desk(page, "A-0")
    for target in page.query_selector_all(".defect, .verdict-key, .aside .button"):
        assert target.bounding_box()["height"] >= 56
    page.locator(".verdict-key.pass").tap()
    on_the_desk(page, "A-1")
    page.locator(".undo .button").tap()
    on_the_desk(page, "A-0")


def test_on_a_phone_views_are_tabs(window):
    page = window("ines", width=390, height=844, has_touch=True, is_mobile=True)
    page.goto("/review")
    on_the_desk(page, "A-0")
    assert page.locator(".view:visible").count() == 1
    page.locator("[data-show='1']").tap()
    assert page.locator(".view:visible .name").inner_text().lower() == "back"


def test_on_a_phone_the_open_tab_of_a_line_is_seen(window):
    page = window("erin", width=390, height=844, has_touch=True, is_mobile=True)
    page.goto("/lines/phones/rollout")
    tab = page.locator(".tabs [aria-current]").bounding_box()
    assert tab["x"] >= 0
    assert tab["x"] + tab["width"] <= 390
    assert page.evaluate("scrollY") == 0


def test_photos_are_dropped_and_counted(window, tmp_path):
    files = []
    for i in range(3):
        (tmp_path / f"good{i}.jpg").write_bytes(picture(i))
        files.append(tmp_path / f"good{i}.jpg")
    page = window("erin")
    page.goto("/lines/gears/training")
    page.evaluate("window.sameDocument = true")
    page.fill("input[name=defect]", "dent")  # typed already when the other photos arrive
    page.set_input_files("input[type=file] >> nth=0", files[:2])
    page.wait_for_selector("text=2 / 10")
    page.wait_for_selector(".photos figure >> nth=1")
    page.set_input_files("input[type=file] >> nth=1", files[2])
    page.wait_for_selector(".photos >> text=dent")
    assert page.is_visible("text=2 / 10")
    assert page.evaluate("window.sameDocument")
    assert page.complaints == []


def test_a_photo_that_is_none_is_named(window, tmp_path):
    (tmp_path / "holiday.txt").write_text("not a photo")
    page = window("erin")
    page.goto("/lines/gears/training")
    page.set_input_files("input[type=file] >> nth=0", tmp_path / "holiday.txt")
    page.wait_for_selector("output:has-text('holiday.txt')")


def test_an_engineer_raises_a_line_and_sees_the_thresholds_move(window):
    page = window("erin")
    page.goto("/lines/phones")
    page.click("#change > summary")
    page.select_option("select[name=level]", "partial_automation")
    page.fill("input[name=pass_below]", "0.25")
    page.fill("input[name=reject_above]", "0.75")
    page.fill("input[name=audit_percent]", "5")
    page.wait_for_selector('.scores[data-marked="0.25 0.75"]')
    page.fill("textarea[name=reason]", "a canary for the night shift")
    page.click("#policy-form button.main")
    page.wait_for_selector("text=more freedom than is proved")
    page.check("input[name=override]")
    page.click("#policy-form button.main")
    page.wait_for_selector("#in-force >> text=a canary for the night shift")
    assert page.locator("[aria-current=step]").inner_text().startswith("4")


def test_typing_is_not_swept_away_by_live_updates(window, plant):
    page = window("erin")
    page.goto("/lines/phones")
    live(page)
    page.click("#change > summary")
    page.fill("textarea[name=reason]", "half a sentence")
    plant.unit("A-9", score=0.4)
    page.wait_for_timeout(4500)
    assert page.input_value("textarea[name=reason]") == "half a sentence"
    assert page.is_visible("textarea[name=reason]")


def test_the_last_change_of_a_burst_is_shown(window, plant):
    page = window("erin")
    page.goto("/lines/phones")
    live(page)
    page.wait_for_selector("#waiting:has-text('4')")
    for serial, count in (("A-8", 5), ("A-9", 6)):  # the second comes while the page rests from the first
        plant.unit(serial, score=0.4)
        page.wait_for_selector(f"#waiting:has-text('{count}')")


def test_the_lamp_is_dimmed_by_its_slider(window, plant):
    page = window("erin")
    page.goto("/lines/phones")
    page.locator("#demo input[name=value][type=range]").first.fill("0.5")
    page.wait_for_timeout(500)
    assert plant.knobs.turned["lamp"] == 0.5
    assert page.locator("#demo output").first.inner_text() == "50 %"


def test_lines_of_a_chart_are_lines(window):
    page = window("erin")
    page.goto("/lines/phones/models/1")
    lines = page.locator(".reliability path.curve")
    assert lines.count() == 1
    assert lines.evaluate("line => getComputedStyle(line).fill") == "none"


def test_a_single_point_of_a_chart_lies_in_its_hour_and_not_among_years(window):
    page = window("erin")
    page.goto("/lines/phones/light")
    assert page.evaluate("[plots.times.range(null, 7200, 7200), plots.times.range(null, 0, 60)]") == [
        [5400, 9000],
        [0, 60],
    ]


def test_the_theme_is_kept(window):
    page = window("ines")
    page.goto("/")
    page.click("details.menu summary")
    page.click("#theme")
    page.click("#theme")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.goto("/queue")
    assert page.get_attribute("html", "data-theme") == "dark"


def test_pages_read_without_scripts(window):
    page = window("ines", java_script_enabled=False)
    page.goto("/review")
    page.click("button[value=pass]")
    page.wait_for_selector('#work[data-serial="A-1"]')

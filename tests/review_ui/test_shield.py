"""Headers, limits and errors in words."""

import re
from html.parser import HTMLParser

import pytest

from review_ui.render import STATIC, static

PAGES = ["/sign-in", "/", "/queue", "/review", "/lines/phones", "/lines/phones/training", "/lines/phones/units",
         "/lines/phones/units/A-1", "/lines/phones/light", "/new-line", "/password", "/nothing"]  # fmt: skip


@pytest.fixture
def plant(plant):
    plant.line(simulated=True)
    plant.unit("A-1")
    return plant


class Inline(HTMLParser):
    """Finds what a strict policy forbids: inline scripts, styles and handlers, and foreign addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in told):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in told if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            if re.match(r"(https?:)?//|data:|javascript:", told.get(name) or ""):
                self.found.append(f"{tag} {told[name]}")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_its_shield_and_nothing_inline(visit, path):
    answer = visit("erin").get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    looked = Inline()
    looked.feed(answer.text)
    assert looked.found == []


def test_static_files_are_named_by_their_content_and_kept(visit):
    address = static("css/jidoka.css")
    kept = visit().get(address)
    assert kept.status_code == 200
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in visit().get("/static/css/jidoka.css").headers["cache-control"]


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/js"])
def test_nothing_but_static_files_is_static(visit, path):
    assert visit().get(path).status_code == 404


def test_what_is_too_much_is_refused_before_it_is_read(visit):
    answer = visit("erin").send("POST", "/new-line", headers={"content-length": str(10**12)}, content=b"x")
    assert answer.status_code == 413
    assert "MB" in answer.text


def test_an_error_nobody_foresaw_is_told_in_words_and_not_in_detail(visit):
    erin = visit("erin")

    class Broken:
        def read(self):
            raise ZeroDivisionError("a secret of the server")

    erin.app._app.state.services.__dict__["db"] = Broken()
    answer = erin.get("/")
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert "secret" not in answer.text


def test_a_store_that_is_away_is_told_as_such_and_nothing_is_changed(visit, plant):
    erin = visit("erin")
    plant.db.close()
    answer = erin.post("/new-line", {"title": "Lids", "views": "top"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "Nothing was changed" in answer.text


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"--x\r\nbroken", b"a=%zz&&&=", b"{" * 1000])
@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data; boundary=x", "multipart/form-data", "application/x-www-form-urlencoded", "text/plain"],
)
@pytest.mark.parametrize("path", ["/sign-in", "/new-line", "/lines/phones/samples", "/review/1"])
def test_no_body_breaks_a_page(visit, path, kind, body):
    answer = visit("erin").send("POST", path, headers={"content-type": kind}, content=body)
    assert answer.status_code in (303, 400, 403, 422)


def test_the_scripts_and_styles_need_nothing_from_elsewhere():
    for file in [*(STATIC / "js").glob("*.js"), *(STATIC / "css").glob("*.css")]:
        text = file.read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/)|\beval\(|new Function|innerHTML", text), file.name

"""Images in, verdicts out, over real HTTP."""

import io
import threading
import time

import pytest
from PIL import Image

from inspection.core.decide import Verdict
from inspection.core.ingest import MEDIA_TYPES
from inspection.core.level import Level
from inspection.flow import line as line_flow
from tests.api.conftest import MAX_BYTES, Served
from tests.store.test_images import encoded, png_claiming


@pytest.mark.parametrize("kind", list(MEDIA_TYPES))
def test_every_format_is_stored_and_answered(served: Served, kind: str) -> None:
    answer = served.put(encoded(kind))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["serial"], told["view"], told["disposition"], told["visit"]) == ("S1", "front", "pending", 1)
    assert served.client.get(told["wait"].replace("30", "0")).json()["disposition"] == "pending"


def test_the_same_capture_again_gives_the_same_answer(served: Served) -> None:
    first, again = served.put(encoded()), served.put(encoded())
    assert (first.status_code, again.status_code) == (201, 200)
    same = ("capture_id", "serial", "view", "visit", "disposition", "by", "reason", "wait")
    assert [first.json()[name] for name in same] == [again.json()[name] for name in same]


@pytest.mark.parametrize("other", [{}, {"serial": "S2"}, {"view": "back"}])
def test_another_body_serial_or_view_under_the_id_is_refused(served: Served, other: dict[str, str]) -> None:
    served.put(encoded())
    answer = served.put(encoded(colour=10 if not other else 90), **other)
    assert answer.status_code == 409
    assert "c1" in answer.json()["detail"]


def test_where_the_ai_decides_the_answer_is_the_verdict(served: Served) -> None:
    served.plant.level(Level.FULL_AUTOMATION)
    assert served.put(encoded(), "a").json()["disposition"] == "pending"
    assert served.put(encoded(), "b", view="back").json()["disposition"] == "pass"
    served.predictor.score = 0.9
    assert served.put(encoded(), "c", serial="S2").json()["disposition"] == "reject"


def test_an_audited_unit_is_answered_like_any_other(served: Served) -> None:
    answers = []
    for share in (1e-9, 1.0):
        served.plant.level(Level.FULL_AUTOMATION, audit_share=share)
        for view in ("front", "back"):
            answer = served.put(encoded(), f"{share}-{view}", serial=f"S{share}", view=view).json()
        answers.append({k: v for k, v in answer.items() if k not in ("serial", "capture_id", "wait")})
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "data",
    [b"", b"no image", encoded()[:15], png_claiming(90_000, 90_000), b"<svg/>"],
    ids=["empty", "text", "cut-off", "bomb", "svg"],
)
def test_what_is_no_image_is_refused(served: Served, data: bytes) -> None:
    answer = served.put(data)
    assert answer.status_code == 415
    assert served.client.get("/api/v1/lines/phones/images/c1").status_code == 404


def test_too_many_bytes_are_refused_stated_or_not(served: Served) -> None:
    large = encoded("BMP", (400, 400))
    assert len(large) > MAX_BYTES
    assert served.put(large).status_code == 413
    streamed = served.client.put(
        "/api/v1/lines/phones/images/c1?serial=S&view=front&captured_at=2026-01-31T08:00:00Z",
        content=(large[i : i + 4096] for i in range(0, len(large), 4096)),
    )
    assert streamed.status_code == 413


@pytest.mark.parametrize(
    "wrong",
    [
        {"serial": ""}, {"serial": " "}, {"serial": "x" * 200}, {"serial": "a\x00"}, {"view": "side"}, {"view": "../x"},
        {"captured_at": "yesterday"}, {"captured_at": "2026-01-31T08:00:00"}, {"captured_at": "99999-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_bad_metadata_is_refused_in_words(served: Served, wrong: dict[str, str]) -> None:
    answer = served.put(encoded(), **wrong)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize("capture", ["a b", "-x", "x" * 129, "%2e%2e"])
def test_a_bad_capture_id_is_refused(served: Served, capture: str) -> None:
    assert served.put(encoded(), capture).status_code in (404, 422)


def test_a_clock_that_runs_ahead_is_noted_and_the_image_taken(served: Served) -> None:
    assert served.put(encoded(), captured_at="2026-01-31T09:00:00Z").status_code == 201
    with served.plant.db.read() as tx:
        assert tx.exec_driver_sql("SELECT skew_s FROM image").scalar() == 3600


class TestTokens:
    """A camera speaks for its own line, with a token that can be taken away."""

    @pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
    def test_without_a_known_token_nothing_is_taken(self, served: Served, header: dict[str, str]) -> None:
        served.client.headers.pop("Authorization")
        served.client.headers.update(header)
        answer = served.put(encoded())
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"

    def test_a_token_of_another_line_is_refused(self, served: Served) -> None:
        assert served.put(encoded(), line="cases").status_code == 403

    def test_a_revoked_token_is_refused_within_a_second(self, served: Served) -> None:
        assert served.put(encoded()).status_code == 201
        plant = served.plant
        plant.write(lambda tx: line_flow.revoke_camera(tx, line="phones", name="cam1", by="erin", now=plant.now))
        until = time.monotonic() + 5
        while served.put(encoded()).status_code != 401:
            assert time.monotonic() < until, "the token is still taken"


def test_waiting_ends_with_the_persons_word(served: Served) -> None:
    for view in ("front", "back"):
        served.put(encoded(), view, view=view)
    held = served.plant.claim()
    assert held is not None
    told: list[str] = []

    def wait() -> None:
        answer = served.client.get("/api/v1/lines/phones/images/front?wait_s=20")
        told.append(answer.json()["disposition"])

    waiting = threading.Thread(target=wait)
    waiting.start()
    served.plant.answer(held, Verdict.REJECT)
    waiting.join(15)
    assert told == ["reject"]
    assert served.client.get("/api/v1/lines/phones/units/S1").json()["disposition"] == "reject"


def test_pixels_that_cannot_be_read_are_a_persons_matter(served: Served) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "PNG")
    assert served.put(out.getvalue()[:-30]).status_code == 201


def test_the_server_says_that_it_lives(served: Served) -> None:
    answer = served.client.get("/api/v1/health").json()
    assert answer["status"] == "ok"
    assert answer["journal"] > 0

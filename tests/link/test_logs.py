"""Logs: one event a line, with its fields and without secrets."""

import io
import json
import logging

import pytest

from inspection.core.metrics import LOG_EVENTS
from inspection.link.logs import REQUEST, AsJson, AsText, Counting
from inspection.link.metrics import Tally


@pytest.fixture(params=[AsJson, AsText], ids=["json", "text"])
def lines(request):
    """A logger of ours, and what it has written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(request.param())
    log = logging.getLogger("jidoka.tests")
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    log.propagate = False
    yield log, written, request.param is AsJson
    log.removeHandler(handler)
    log.propagate = True


def test_an_event_has_its_fields_and_numbers_stay_numbers(lines):
    log, written, is_json = lines
    log.info("image_taken_in line=%s unit=%d ms=%.1f", "phones", 17, 2.25)
    if is_json:
        told = json.loads(written.getvalue())
        assert (told["event"], told["level"], told["logger"]) == ("image_taken_in", "info", "jidoka.tests")
        assert (told["line"], told["unit"], told["ms"]) == ("phones", 17, 2.25)
        assert told["at"].endswith("Z")
    else:
        assert " INFO image_taken_in line=phones unit=17 ms=2.25\n" in written.getvalue()


def test_the_request_is_told_while_it_lasts(lines):
    log, written, _ = lines
    known = REQUEST.set("abc-1")
    log.info("one")
    REQUEST.reset(known)
    log.info("two")
    first, second = written.getvalue().splitlines()
    assert "abc-1" in first
    assert "abc-1" not in second


def test_an_error_brings_its_trace(lines):
    log, written, is_json = lines
    try:
        raise RuntimeError("it broke\nin two lines")
    except RuntimeError:
        log.exception("watch_failed", extra={"path": "/lines/phones"})
    text = written.getvalue()
    assert "RuntimeError: it broke" in text
    assert "/lines/phones" in text
    if is_json:
        told = json.loads(text)
        assert told["error"] == "RuntimeError"


def test_whatever_is_logged_is_one_line_of_json_or_text(lines):
    log, written, is_json = lines
    log.warning("odd words=%s", 'a "b"\n{"event": "forged"}')
    (line,) = written.getvalue().splitlines()
    if is_json:
        assert json.loads(line)["event"] == "odd"


def test_nothing_in_a_field_moves_a_terminal(lines):
    log, written, _ = lines
    log.info("request path=%s", "/a\r\x1b[2J\u202eb")
    assert not any(ord(c) < 32 or ord(c) == 127 for c in written.getvalue().rstrip("\n"))


@pytest.mark.parametrize(
    "secret",
    [
        "the token jdk_abcDEF-123 of a camera", "jdp_abcDEF-123", "postgresql://jidoka:abcDEF-123@db/x",
        "Authorization: Bearer abcDEF-123", "password=abcDEF-123", '{"token": "abcDEF-123"}',
    ],
)  # fmt: skip
def test_no_secret_is_written(lines, secret):
    log, written, _ = lines
    log.warning("store_unavailable reason=%s", secret)
    log.warning("odd password=%s", "abcDEF-123")
    try:
        raise OSError(secret)
    except OSError:
        log.exception("failed")
    logging.getLogger("elsewhere").handlers = log.handlers
    logging.getLogger("elsewhere").warning(secret)
    logging.getLogger("elsewhere").handlers = []
    assert "failed" in written.getvalue()
    assert "abcDEF-123" not in written.getvalue()


def test_other_packages_are_told_as_messages(lines):
    log, written, is_json = lines
    record = logging.makeLogRecord(
        {"name": "uvicorn.error", "levelno": 40, "levelname": "ERROR", "msg": "No %s", "args": ("x",)}
    )
    log.handlers[0].emit(record)
    if is_json:
        told = json.loads(written.getvalue())
        assert (told["event"], told["text"]) == ("message", "No x")


def test_a_message_with_other_things_filled_in_keeps_its_fields_apart(lines):
    log, written, is_json = lines
    log.info("done %d%% of line=%s", 50, "phones")
    if is_json:
        told = json.loads(written.getvalue())
        assert (told["value0"], told["line"]) == (50, "phones")


def test_warnings_and_errors_are_counted_by_event():
    tally = Tally()
    counting = Counting(tally)
    for name, level, words in (
        ("jidoka", 30, "late reason=%s"), ("jidoka", 30, "late reason=%s"), ("uvicorn.error", 40, "X"),
    ):  # fmt: skip
        counting.handle(
            logging.makeLogRecord(
                {"name": name, "levelno": level, "levelname": logging.getLevelName(level), "msg": words, "args": ("y",)}
            )
        )
    assert tally.all().counts == {
        (LOG_EVENTS, ("warning", "late")): 2, (LOG_EVENTS, ("error", "uvicorn")): 1,
    }  # fmt: skip

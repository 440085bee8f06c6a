"""What goes out, received by a real server: signed, without redirects, and silent about addresses."""

import hmac
import json
import logging
from hashlib import sha256

import pytest

from inspection.core.notify import Channel, ChannelKind, Letter, SendFailed
from inspection.link.send import SENDERS, alertmanager
from tests.link.receiver import Receiver

LETTER = Letter(title="Alarm: Phones", text="The lamp drifts.", facts={"event": "alarm_firing", "count": 3})
SECRET = "s3cr3t-path"
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise's


def channel(kind: ChannelKind, url: str, key: str = "k") -> Channel:
    return Channel(id=1, name="night", kind=kind, url=url, key=key)


def test_a_webhook_is_json_with_a_signature_that_its_key_proves() -> None:
    with Receiver() as there:
        SENDERS[ChannelKind.WEBHOOK](channel(ChannelKind.WEBHOOK, f"{there.url}/{SECRET}"), LETTER)
        ((path, headers, body),) = there.got
    assert path == f"/{SECRET}"
    assert json.loads(body) == {"title": "Alarm: Phones", "event": "alarm_firing", "count": 3}
    said = headers["x-jidoka-timestamp"].encode() + b"." + body
    assert headers["x-jidoka-signature"] == "sha256=" + hmac.new(b"k", said, sha256).hexdigest()


@pytest.mark.parametrize("status", [302, 307, 400, 500])
def test_anything_but_yes_is_a_failure_and_redirects_are_not_followed(status: int) -> None:
    with Receiver() as other, Receiver(status=status, location=f"{other.url}/away") as there:
        with pytest.raises(SendFailed, match=str(status)):
            SENDERS[ChannelKind.WEBHOOK](channel(ChannelKind.WEBHOOK, there.url), LETTER)
        assert len(there.got) == 1
        assert other.got == []


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_no_error_or_log_names_the_address(kind: ChannelKind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scheme = "ntfy" if kind is ChannelKind.APPRISE else "http"
    with Receiver(status=500) as there:
        for address in (f"127.0.0.1:{there.port}/{SECRET}", f"127.0.0.1:1/{SECRET}"):
            to = channel(kind, f"{scheme}://{address}", SECRET)
            send = SENDERS.get(kind, lambda to, _: alertmanager(to, []))
            with pytest.raises(SendFailed) as failed:
                send(to, LETTER)
            assert SECRET not in str(failed.value)
            assert SECRET not in repr(to)
    assert SECRET not in "".join(record.getMessage() for record in caplog.records)


def test_apprise_brings_the_words() -> None:
    with Receiver() as there:
        SENDERS[ChannelKind.APPRISE](channel(ChannelKind.APPRISE, f"ntfy://127.0.0.1:{there.port}/topic"), LETTER)
        assert len(there.got) == 1
        _, headers, body = there.got[0]
    told = body.decode() + json.dumps(headers)
    assert "The lamp drifts." in told
    assert "Alarm: Phones" in told


def test_alertmanager_is_told_by_its_second_api() -> None:
    alerts = [{"labels": {"alertname": "light"}, "startsAt": "2026-01-31T08:00:00+00:00"}]
    with Receiver() as there:
        alertmanager(channel(ChannelKind.ALERTMANAGER, f"{there.url}/am/"), alerts)
        ((path, headers, body),) = there.got
    assert path == "/am/api/v2/alerts"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == alerts

"""Messages go out: by apprise, as a signed webhook, and to an Alertmanager. No error or log names an address."""

import hmac
import json
import logging
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import httpx

from inspection.core.notify import Channel, ChannelKind, Letter, answered, unreachable, untaken

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
SIGNATURE, TIMESTAMP = "X-Jidoka-Signature", "X-Jidoka-Timestamp"


def webhook(channel: Channel, letter: Letter) -> None:
    """POST the facts as JSON. The signature is HMAC-SHA256, by the channel's key, of the time stamp, a point and the
    body: `sha256=` and hex. Redirects are not followed: they would take the message elsewhere."""
    body = json.dumps({"title": letter.title, **letter.facts}, ensure_ascii=False).encode()
    stamp = str(int(time.time()))
    _post(channel.url, body, {TIMESTAMP: stamp, SIGNATURE: signature(channel.key, stamp, body)})


def signature(key: str, stamp: str, body: bytes) -> str:
    """The signature of a body sent at that time."""
    return "sha256=" + hmac.new(key.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()


def alertmanager(channel: Channel, alerts: Sequence[Mapping[str, Any]]) -> None:
    """POST alerts to Alertmanager's API v2; with none there is still an answer, which shows that it is there."""
    _post(channel.url.rstrip("/") + "/api/v2/alerts", json.dumps(list(alerts)).encode(), {})


def chat(channel: Channel, letter: Letter) -> None:
    """Send the words by apprise: e-mail, chat, or whatever its address says."""
    _hush()
    from apprise import Apprise

    to = Apprise.instantiate(channel.url)  # one service, however the address is written: a list of them was not allowed
    if to is None or not to.notify(title=letter.title, body=letter.text):
        raise untaken()


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    _hush()
    sent = {"Content-Type": "application/json", **headers}
    try:
        answer = httpx.post(url, content=body, headers=sent, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise unreachable(error) from None
    if not answer.is_success:
        raise answered(answer.status_code)


def _hush() -> None:
    """Keep the libraries' own lines, which show addresses, out of the logs."""
    for name in ("apprise", "httpx", "httpcore", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


SENDERS = {ChannelKind.APPRISE: chat, ChannelKind.WEBHOOK: webhook}

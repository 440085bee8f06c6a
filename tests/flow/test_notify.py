"""The outbox: one message for a group, sent again with longer and longer pauses, given up with a journal entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from inspection.core.alarm import InvalidAlarm, Severity
from inspection.core.line import Unknown
from inspection.core.notify import MOST_ATTEMPTS, Channel, ChannelKind, Letter, SendFailed, check, masked, pause
from inspection.flow import alarm, channels, notify
from inspection.store import alarms, journal, lines
from inspection.store import channels as kept
from tests.plant import Plant

URL = "https://user:pw@hooks.test/services/T0/s3cr3t?token=s3cr3t"


class Post:
    """What a receiver got; it refuses while `down`."""

    def __init__(self) -> None:
        self.down = False
        self.letters: list[Letter] = []
        self.alerts: list[list[Mapping[str, Any]]] = []

    def letter(self, _channel: Channel, letter: Letter) -> None:
        if self.down:
            raise SendFailed("The receiver answered 500.")
        self.letters.append(letter)

    def told(self, _channel: Channel, alerts: Sequence[Mapping[str, Any]]) -> None:
        if self.down:
            raise ValueError(URL)
        self.alerts.append(list(alerts))


@pytest.fixture
def post() -> Post:
    return Post()


def add(plant: Plant, kind: ChannelKind = ChannelKind.WEBHOOK, **other: Any) -> str:
    values = {"name": "night", "kind": kind, "url": URL, "line": "", "least": Severity.WARNING, **other}
    return plant.write(lambda tx: channels.add(tx, **values, by="erin", now=plant.now))


def fire(plant: Plant, kind: str = "escape", subject: str = "S-1") -> None:
    line = plant.read(lambda tx: lines.in_force(tx, "phones"))
    plant.write(lambda tx: alarm.fire(tx, line, kind, subject, f"Look at {subject}.", plant.now))


def send(plant: Plant, post: Post) -> int:
    senders = dict.fromkeys(ChannelKind, post.letter)
    count = 0
    while notify.send_once(plant.db, senders, post.told, lambda: plant.now):
        count += 1
        assert count < 50
    return count


def clear_all(plant: Plant) -> None:
    for one in plant.read(alarms.standing):
        plant.write(lambda tx, one=one: alarm.clear(tx, alarm_id=one.id, by="erin", reason="Done.", now=plant.now))


def given_up(plant: Plant) -> list[str]:
    told = plant.read(lambda tx: journal.entries(tx, subject="channel/night"))
    return [entry.change.reason for entry in told if entry.change.event == "message_given_up"]


def test_a_flood_is_one_message_with_a_count(any_plant: Plant, post: Post) -> None:
    add(any_plant)
    for number in range(9):
        fire(any_plant, subject=f"S-{number}")
    assert send(any_plant, post) == 0, "others may follow in the next seconds"
    any_plant.later(seconds=16)
    assert send(any_plant, post) == 1
    (letter,) = post.letters
    assert (letter.title, letter.text) == ("Alarm: Phones", "Look at S-0. And 8 more like it.")
    assert (letter.facts["count"], len(letter.facts["alarms"]), letter.facts["event"]) == (9, 9, "alarm_firing")
    fire(any_plant, subject="S-99")
    any_plant.later(seconds=60)
    assert send(any_plant, post) == 0, "and no other of the same group"
    clear_all(any_plant)
    assert send(any_plant, post) == 1, "the last of the group has ended"
    assert post.letters[-1].title == "Resolved: Phones"


def test_what_fires_again_after_it_had_ended_is_told_again(any_plant: Plant, post: Post) -> None:
    add(any_plant)
    for _ in range(3):
        fire(any_plant)
        any_plant.later(seconds=16)
        assert send(any_plant, post) == 1
        clear_all(any_plant)
        assert send(any_plant, post) == 1
        any_plant.later(seconds=60)
    assert [letter.title for letter in post.letters] == ["Alarm: Phones", "Resolved: Phones"] * 3


def test_what_does_not_get_through_is_sent_again_and_given_up_in_the_journal(any_plant: Plant, post: Post) -> None:
    add(any_plant)
    fire(any_plant)
    any_plant.later(seconds=16)
    post.down = True
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert send(any_plant, post) == 1
        assert send(any_plant, post) == 0, "not before its pause is over"
        any_plant.now += pause(attempt)
    assert send(any_plant, post) == 0
    assert given_up(any_plant) == ["The receiver answered 500."]
    (one,) = any_plant.read(kept.all_of_them)
    assert (one.failed, one.error) == (MOST_ATTEMPTS, "The receiver answered 500.")
    post.down = False
    fire(any_plant, "model", "phones")
    any_plant.later(seconds=16)
    assert send(any_plant, post) == 1
    assert any_plant.read(kept.all_of_them)[0].failed == 0


def test_a_sender_that_dies_leaves_its_message_to_another(plant: Plant) -> None:
    add(plant)
    fire(plant)
    plant.later(seconds=16)
    until = plant.now + timedelta(minutes=2)
    assert plant.write(lambda tx: kept.claim(tx, plant.now, until)) is not None
    assert plant.write(lambda tx: kept.claim(tx, plant.now, until)) is None, "claimed by one at a time"
    plant.later(minutes=3)
    again = plant.write(lambda tx: kept.claim(tx, plant.now, plant.now + timedelta(minutes=2)))
    assert again is not None
    assert again.attempts == 2


def test_channels_hear_of_their_line_and_severity_alone(plant: Plant, post: Post) -> None:
    add(plant, least=Severity.CRITICAL)
    fire(plant, "backlog", "phones")
    plant.later(seconds=16)
    assert send(plant, post) == 0
    fire(plant)
    plant.later(seconds=16)
    assert send(plant, post) == 1
    with pytest.raises(Unknown):
        add(plant, name="other", line="gears")


def test_a_shelved_alarm_is_told_of_again_when_it_comes_back(plant: Plant, post: Post) -> None:
    add(plant)
    fire(plant)
    plant.later(seconds=16)
    send(plant, post)
    (one,) = plant.read(alarms.standing)
    until = plant.now + timedelta(hours=1)
    plant.write(lambda tx: alarm.put_aside(tx, alarm_id=one.id, until=until, by="erin", reason="Later.", now=plant.now))
    plant.later(hours=1)
    plant.write(lambda tx: alarm.watch(tx, now=plant.now))
    assert send(plant, post) == 1
    assert post.letters[-1].facts["event"] == "alarm_firing"


def test_maintenance_is_a_message_of_its_own(plant: Plant, post: Post) -> None:
    add(plant)
    fire(plant, "light", "1/front")
    plant.later(seconds=16)
    assert send(plant, post) == 2
    assert {letter.facts["event"] for letter in post.letters} == {"maintenance", "alarm_firing"}


def test_an_alertmanager_is_told_each_minute_and_hears_the_end(any_plant: Plant, post: Post) -> None:
    plant = any_plant
    add(plant, ChannelKind.ALERTMANAGER)
    fire(plant)
    assert send(plant, post) == 1
    assert send(plant, post) == 0
    (alert,) = post.alerts[-1]
    assert alert["labels"] == {"alertname": "escape", "line": "phones", "subject": "S-1", "severity": "critical"}
    assert datetime.fromisoformat(alert["endsAt"]) > plant.now + timedelta(minutes=3)
    plant.later(seconds=61)
    assert send(plant, post) == 1
    assert post.alerts[-1][0]["labels"] == alert["labels"], "labels say that it is the same"
    assert post.alerts[-1][0]["startsAt"] == alert["startsAt"]
    ended = plant.now
    clear_all(plant)
    post.down = True
    plant.later(seconds=61)
    assert send(plant, post) == 1
    assert "hooks.test" not in plant.read(kept.all_of_them)[0].error
    post.down = False
    plant.later(minutes=5)
    assert send(plant, post) == 1
    assert [datetime.fromisoformat(one["endsAt"]) for one in post.alerts[-1]] == [ended]
    plant.later(minutes=5)
    send(plant, post)
    plant.later(minutes=5)
    send(plant, post)
    assert post.alerts[-1] == []


def test_no_secret_is_in_the_journal_or_in_what_is_shown(plant: Plant, post: Post) -> None:
    key = add(plant)
    add(plant, ChannelKind.APPRISE, name="mail", url="mailtos://me:s3cr3t@mail.test?to=you@mail.test")
    (one,) = (one for one in plant.read(kept.all_of_them) if one.channel.name == "night")
    plant.write(lambda tx: channels.try_out(tx, channel_id=one.channel.id, by="erin", now=plant.now))
    assert send(plant, post) == 1
    assert post.letters[0].facts["event"] == "test"
    plant.write(lambda tx: channels.remove(tx, channel_id=one.channel.id, by="erin", now=plant.now))
    everything = str(plant.read(journal.entries)) + repr(one) + one.channel.shown
    for secret in ("s3cr3t", "pw@", "user:", key):
        assert secret not in everything
    assert "hooks.test" in everything
    assert key not in str(plant.read(kept.all_of_them))


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        (ChannelKind.APPRISE, "dbus://"), (ChannelKind.APPRISE, "json://inner.test/s3cr3t"),
        (ChannelKind.APPRISE, "syslog://s3cr3t"), (ChannelKind.WEBHOOK, "file:///etc/s3cr3t"),
        (ChannelKind.ALERTMANAGER, "mailto://s3cr3t"), (ChannelKind.WEBHOOK, "s3cr3t"),
        (ChannelKind.WEBHOOK, "https://a.test/s3cr3t\n"), (ChannelKind.APPRISE, "ntfy://s3cr3t,syslog://"),
    ],
)  # fmt: skip
def test_only_known_ways_are_allowed_and_refusals_keep_the_secret(kind: ChannelKind, url: str) -> None:
    with pytest.raises(InvalidAlarm) as refused:
        check("night", kind, url)
    assert "s3cr3t" not in str(refused.value)


def test_as_much_of_an_address_as_may_be_seen() -> None:
    assert masked(ChannelKind.WEBHOOK, URL) == "https://hooks.test/\u2026"
    assert masked(ChannelKind.APPRISE, "tgram://123:s3cr3t/chat") == "tgram://\u2026"
    assert masked(ChannelKind.ALERTMANAGER, "http://am.test:9093?x=s3cr3t") == "http://am.test:9093/\u2026"

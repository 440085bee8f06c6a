"""Several servers share a database, and each asks the rules."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

from inspection.flow import rules
from inspection.store import rules as kept
from inspection.store.database import Tx
from tests.flow.test_rules import WHY, events, firing, rule_of, watch
from tests.plant import Plant


def test_servers_that_share_a_database_go_by_the_fullest_of_their_disks(any_plant: Plant) -> None:
    for _ in range(4):  # one server's disk is full, the other's is not: the alarm stands still
        watch(any_plant, disk_left=0.05, host="one")
        watch(any_plant, disk_left=0.6, host="two")
        any_plant.later(seconds=15)
    assert events(any_plant, "disk_left") == ["alarm_raised"]
    watch(any_plant, disk_left=0.5, host="one")
    assert events(any_plant, "disk_left") == ["alarm_raised", "alarm_ended"]
    watch(any_plant, disk_left=0.05, host="one")
    any_plant.later(minutes=3)  # the full one was taken down
    watch(any_plant, disk_left=0.6, host="two")
    assert firing(any_plant) == []


def test_figures_are_asked_while_others_write(any_plant: Plant) -> None:
    """The writer has its turn between the look at the figures and what is made of them."""

    class Between:
        def __init__(self, plant: Plant) -> None:
            self.plant, self.wrote = plant, 0

        def read(self) -> AbstractContextManager[Tx]:
            return self.plant.db.read()

        def write(self, run: Callable[[Tx], int]) -> int:
            self.plant.write(
                lambda tx: rules.add(
                    tx, line="phones", rule=replace(rules.FIRST_RULES[0], figure="unsure"), by="erin", reason=WHY,
                    now=self.plant.now,
                )
            )  # fmt: skip
            self.wrote += 1
            return self.plant.write(run)

    watch(any_plant)
    between = Between(any_plant)
    any_plant.later(seconds=15)
    assert rules.watch(between, host="here", disk_left=0.5, now=any_plant.now) == 0
    assert between.wrote == 1, "one write for all lines"
    assert rule_of(any_plant, "unsure").last_at is None, "a rule that came meanwhile is asked the next time"


def test_two_servers_write_a_figure_down_once(any_plant: Plant) -> None:
    class Beside:
        """Another server that watches between this one's look and its write."""

        def read(self) -> AbstractContextManager[Tx]:
            return any_plant.db.read()

        def write(self, run: Callable[[Tx], int]) -> int:
            watch(any_plant, host="other")
            return any_plant.write(run)

    rules.watch(Beside(), host="here", disk_left=0.5, now=any_plant.now)
    until = any_plant.now + timedelta(minutes=1)
    line_id = any_plant.camera.line_id
    told = any_plant.read(lambda tx: kept.readings(tx, line_id, "disk_left", any_plant.now, until))
    assert len(told) == 1

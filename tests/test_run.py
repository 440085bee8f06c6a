"""The documented example run (docs/example-run.md): the demo, through the public API alone, from human only to partial
automation by a certificate, and back by a guard. Nothing on the way is an override."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

JIDOKA = [sys.executable, "-c", "from inspection.main import main; main()"]
LIMITS = {"escape": 0.06, "overkill": 0.06, "escape_per_defective": None, "confidence": 0.9}
LABELS = 150
T = TypeVar("T")


def wait_for(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """What `look` finds, asked again and again; fails when it finds nothing in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"In {seconds} seconds there was no {what}.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo's data folder."""
    return tmp_path / "data"


@pytest.fixture
def address(folder: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a demo that runs, as printed."""
    said = tmp_path / "said.txt"
    with said.open("w+") as out:
        running = subprocess.Popen([*JIDOKA, "demo", "--port", "0", "--data-dir", str(folder)], stdout=out, stderr=out)
        try:

            def greeting() -> "re.Match[str] | None":
                assert running.poll() is None, said.read_text()
                return re.search(r"http://[\d.]+:\d+", said.read_text())

            yield wait_for(greeting, 120, "greeting")[0]
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=60)


def jidoka(folder: Path, *words: str) -> str:
    """What a command prints."""
    done = subprocess.run([*JIDOKA, *words, "--data-dir", str(folder)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Api:
    """The API as an engineer's token sees it."""

    def __init__(self, address: str, token: str) -> None:
        self.client = httpx.Client(
            base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=120
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def step(self, reason: str, **terms: Any) -> Any:
        """Put a policy into force, without any override."""
        now = self.get("/lines/phones")["policy"]["number"]
        return self.send("POST", "/lines/phones/policies", 201, expected=now, reason=reason, **terms)

    def journal(self, subject: str, after: int | None = 0) -> list[dict[str, Any]]:
        """All entries after one of a subject and what lies under it."""
        entries = list[dict[str, Any]]()
        while after is not None:
            page = self.get("/journal", subject=subject, after=after, limit=1000)
            entries, after = entries + page["entries"], page["next"]
        return entries


@pytest.fixture
def erin(address: str, folder: Path) -> Iterator[Api]:
    """1. A person of one's own, and a token that acts as that person."""
    jidoka(folder, "user", "add", "erin", "--role", "engineer")
    api = Api(address, jidoka(folder, "user", "token", "erin", "--purpose", "example run"))
    yield api
    api.client.close()


@pytest.mark.timeout(2400)
def test_the_documented_example_run(erin: Api) -> None:
    assert erin.get("/me") == {"name": "erin", "role": "engineer"}
    assert erin.get("/lines/phones")["level"] == "human_only"

    # 2. The line rests while a first model is trained, so that this takes no longer than it must.
    erin.send("PUT", "/lines/phones/demo", inspectors=True, paused=True)
    wait_for(lambda: erin.get("/lines/phones")["models"], 900, "model")
    missing = erin.send("POST", "/lines/phones/certificates", 422, **LIMITS)
    assert "put it in shadow" in missing["detail"]

    # 3. Shadow: the model is asked about each unit in silence, people judge all of them, blind.
    erin.step("The first model, to be watched.", level="shadow", audit_share=0.5, deadline_ms=20_000)
    erin.send("PUT", "/lines/phones/demo", paused=False, defect_rate=0.1, pace=120)
    assert erin.get("/lines/phones/ladder")["met"] is False
    assert erin.send("POST", "/lines/phones/certificates", 409, **LIMITS)["lacks"]

    # 4. The labels prove how far the model may decide; where they do not, they say how many more it takes.
    certificate = _proved(erin)
    assert certificate["holds"] is True

    # 5. AI assist, once its conditions are met: inspectors see what the model points at, but for a blind share.
    wait_for(lambda: erin.get("/lines/phones/ladder")["met"], 300, "agreement with the model")
    erin.step("It agrees with people.", level="ai_assist")

    # 6. Partial automation, within what is proved.
    def may_decide() -> bool:
        ladder = erin.get("/lines/phones/ladder")
        return (ladder["next"], ladder["met"]) == ("partial_automation", True)

    wait_for(may_decide, 300, "step up that is proved")
    proven = {name: certificate[name] for name in ("pass_below", "reject_above")}
    what_if = erin.send("POST", "/lines/phones/replay", level="partial_automation", **proven, hour=30.0)
    assert what_if["what_if"]["automated"] > what_if["in_force"]["automated"] == 0
    assert what_if["differences"] == 0
    before = erin.get("/health")["journal"]
    now = erin.step("The certificate proves it.", level="partial_automation", **proven)
    assert (now["override"], erin.get("/lines/phones")["certificate"]["number"]) == (False, certificate["number"])

    # 7. The model settles units by itself; people audit half of them, blind.
    def settled() -> Any:
        units = erin.journal("line/phones/unit", before)
        return [one for one in units if one["event"] == "unit_disposed" and one["actor"] == "ai"]

    unit = wait_for(settled, 120, "unit settled by the AI")[0]["subject"].rsplit("/", 1)[1]
    (story,) = erin.get(f"/lines/phones/stories/{unit}")
    assert story["images"][0]["policy"] == now["number"]

    # 8. The lamp fades: an alarm, the certificate is void, and the line lowers itself.
    def learned() -> set[str]:
        light = erin.journal("line/phones/light")
        return {one["subject"] for one in light if one["event"] == "baseline_learned"}

    wait_for(lambda: len(learned()) == 2, 120, "baseline of both views")
    erin.send("PUT", "/lines/phones/demo", lamp=0.5)
    line = wait_for(lambda: _lowered(erin), 240, "guard that lowers the line")
    assert (line["level"], line["policy"]["by"]) == ("shadow", "guard")
    assert "light" in {alarm["kind"] for alarm in line["alarms"]}
    (ended,) = erin.get("/lines/phones/certificates")
    assert (ended["holds"], "light has drifted" in ended["ended"]) == (False, True)
    assert erin.client.post("/lines/phones/certificates", json=LIMITS).status_code == 422

    # 9. The journal tells it all, and its seals fit.
    changes = [one for one in erin.journal("line/phones") if one["event"] == "policy_changed"]
    assert [(one["actor"], one["before"], one["after"]) for one in changes] == [
        ("erin", "human_only", "shadow"),
        ("erin", "shadow", "ai_assist"),
        ("erin", "ai_assist", "partial_automation"),
        ("guard", "partial_automation", "shadow"),
    ]
    assert not any('"override":true' in one["facts"] for one in changes)
    events = [one["event"] for one in erin.journal("line/phones/certificate")]
    assert events[-2:] == ["certificate_issued", "certificate_voided"]
    verified = {"after": 0, "seal": "0" * 64, "complete": False}
    while not verified["complete"]:
        verified = erin.get("/journal/verify", after=verified["after"], seal=verified["seal"])
        assert verified["broken"] is None


def _proved(erin: Api) -> Any:
    wanted = LABELS
    for _ in range(6):
        wait_for(lambda: erin.get("/lines/phones/proof")["labels"] >= wanted, 400, f"{wanted} blind labels")  # noqa: B023
        answer = erin.client.post("/lines/phones/certificates", json=LIMITS)
        if answer.status_code == 201:
            return answer.json()
        assert answer.status_code == 409, answer.text
        told = answer.json()
        wanted = told["given"] + min(one["more_needed"] or 50 for one in told["lacks"])
    raise AssertionError(f"Nothing is proved: {told['detail']}")


def _lowered(erin: Api) -> Any:
    line = erin.get("/lines/phones")
    return line if line["level"] != "partial_automation" else None

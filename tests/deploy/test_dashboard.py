"""Every expression in the dashboard and the alert rules asks for what a running server exports."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from inspection.core.metrics import METRICS, Kind
from inspection.main import server as wiring
from inspection.settings import Settings
from tests.deploy.promql import read

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/jidoka.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus/jidoka.rules.yml").read_text())["groups"][0]["rules"]
PROMETHEUS_ADDS = {"job", "instance"}
LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")


def expressions() -> Iterator[tuple[str, str, str]]:
    """Where each stands, the expression, and the words in which its labels are filled."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$line", ".*"), target["legendFormat"]
    for rule in RULES:
        yield rule["alert"], rule["expr"], rule["annotations"]["summary"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> dict[str, str]:
    """The kind of every family that a running server exports, by name."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), metrics_token="scraped")
    server = wiring.open_server(settings)
    try:
        app = wiring.build(server)

        async def scrape() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
                return await client.get("/metrics", headers={"authorization": "Bearer scraped"})

        answer = asyncio.run(scrape())
    finally:
        server.close()
    assert answer.status_code == 200
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", answer.text, flags=re.MULTILINE))


def test_a_server_exports_the_whole_catalogue(exported):
    assert {metric.name: str(metric.kind) for metric in METRICS}.items() <= exported.items()


@pytest.mark.parametrize(("where", "expression", "words"), list(expressions()))
def test_an_expression_asks_for_metrics_and_labels_that_are_there(exported, where, expression, words):
    asked = read(expression)
    known = {metric.name: metric for metric in METRICS}
    for name, labels in asked.labels.items():
        family = name.removesuffix("_bucket")
        if name == "up":
            assert labels <= PROMETHEUS_ADDS
            continue
        assert family in exported, f"{where}: nothing exports {name}"
        has = set(known[family].labels) if family in known else set()
        if family != name:
            assert exported[family] == Kind.HISTOGRAM
            has |= {"le"}
        assert labels <= has | PROMETHEUS_ADDS, f"{where}: {name} has no {labels - has}"
        assert (name in asked.over_time) <= (exported[family] != Kind.GAUGE), f"{where}: a gauge has no rate"
    filled = set(LEGEND.findall(words))
    everywhere = {label for metric in asked.labels if metric in known for label in known[metric].labels}
    everywhere |= {label for labels in asked.labels.values() for label in labels}
    assert filled <= everywhere, f"{where}: {filled - everywhere} cannot be filled in"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_how_grave_it_is_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert rule["annotations"]["summary"].endswith(".")
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}


def test_panels_lie_beside_one_another_and_ask_the_provisioned_source():
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/jidoka.yml").read_text())["datasources"][0]
    cells: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at: dict[str, Any] = panel["gridPos"]
        own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not own & cells, panel["title"]
        assert max(x for x, _ in own) < 24, panel["title"]
        cells |= own
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {source["uid"]}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize(
    "wrong",
    ["sum by (line (x)", "rate(x)", "x{line=5}", "unknown(x)", "x +", "x y", 'x{line="a"', "sum(rate(x[5m]) by (line)"],
)
def test_what_is_no_promql_is_not_read(wrong):
    with pytest.raises(ValueError, match=r"."):
        read(wrong)


def test_metrics_labels_and_ranges_are_found():
    asked = read('sum by (a) (rate(x{b=~"1",c!="2"}[5m])) / on (d) y > 3 * 2')
    assert asked.labels == {"x": {"a", "b", "c", "d"}, "y": {"d"}}
    assert asked.over_time == {"x"}

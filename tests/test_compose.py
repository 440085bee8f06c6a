"""The compose file: valid by the schema, healthy by its own checks, free of secrets. It is not run here."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHECKER = Path(sys.executable).parent / "check-jsonschema"
SECRET = re.compile(r"password|token|secret|key", re.IGNORECASE)
MOUNTED = "/run/secrets/"
FROM_OUTSIDE = re.compile(r"\$\{\w+(:\?[^}]+|:-)\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as it was written, with its variables not yet filled in."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


def test_it_follows_the_compose_schema() -> None:
    command = [CHECKER, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_server_database_and_camera_are_there(compose: dict[str, Any]) -> None:
    assert {name for name, service in compose["services"].items() if not service.get("profiles")} == {
        "server",
        "database",
    }
    assert set(compose["services"]) == {"server", "database", "camera", "prometheus", "grafana"}
    assert compose["services"]["database"]["image"].startswith("postgres:18")


@pytest.mark.parametrize("name", ["server", "database"])
def test_what_others_wait_for_says_when_it_is_healthy(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["healthcheck"]["test"][0] == "CMD"
    waits = [service.get("depends_on", {}).get(name) for service in compose["services"].values()]
    assert {"condition": "service_healthy"} in waits


def test_no_secret_is_written_down(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        secrets = {name: value for name, value in service.get("environment", {}).items() if SECRET.search(name)}
        assert all(FROM_OUTSIDE.fullmatch(value) or value.startswith(MOUNTED) for value in secrets.values()), secrets
        addresses = [value for name, value in service.get("environment", {}).items() if name.endswith("_URL")]
        assert all(re.search(r":\$\{\w+:\?", address) for address in addresses), addresses


def test_the_example_of_the_secrets_leaves_them_empty() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert {name: value for name, value in given.items() if SECRET.search(name) and value} == {}


def test_the_example_names_every_variable() -> None:
    used = set(re.findall(r"\$\{(\w+)|environment: (\w+)", (ROOT / "docker-compose.yml").read_text()))
    used = {name for names in used for name in names if name}
    named = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert used == named


@pytest.mark.parametrize("name", ["server", "camera"])
def test_its_commands_are_ones_that_the_product_has(compose: dict[str, Any], name: str) -> None:
    program, verb, *options = compose["services"][name]["command"]
    wide = {**os.environ, "COLUMNS": "200", "TERM": "dumb"}
    told = subprocess.run(
        [Path(sys.executable).parent / program, verb, "--help"],
        capture_output=True, text=True, check=True, env=wide,
    )  # fmt: skip
    asked = {option.split("=")[0] for option in options if option.startswith("--")}
    assert asked <= set(re.findall(r"--[\w-]+", told.stdout))


def test_every_volume_is_declared_and_used(compose: dict[str, Any]) -> None:
    mounted = {volume.split(":")[0] for service in compose["services"].values() for volume in service["volumes"]}
    files = {name for name in mounted if name.startswith("./")}
    assert mounted - files == set(compose["volumes"])
    assert all((ROOT / name).exists() for name in files)


def test_a_secret_that_is_mounted_is_declared_and_comes_from_the_environment(compose: dict[str, Any]) -> None:
    asked = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert asked == set(compose["secrets"])
    assert all(set(secret) == {"environment"} for secret in compose["secrets"].values())


def test_the_image_serves_as_a_user_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER jidoka" in lines
    assert "--require-hashes -r requirements.lock" in "\n".join(lines)

"""The installation: pinned by hash, no host named, browser files whole, one set of checks everywhere."""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "review_ui/static/vendor"
PACKAGES = {"inspection", "camera", "models", "review_ui"}
# Put together here, so that this file does not hold what it looks for.
HOSTS = "|".join([r"pypi\.", r"pythonhosted\.", r"registry\.npm", r"npmjs\.", r"deb\.debian\.", r"yarnpkg\."])
REGISTRY = re.compile(rf"//[^/\s]*({HOSTS})")


def tracked() -> list[Path]:
    """Files that git knows; none outside a git checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def pinned(lock: str) -> dict[str, str]:
    """Version of each package in a lock, by name."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / lock).read_text(), flags=re.MULTILINE))


def canonical(name: str) -> str:
    """A distribution's name as the index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-training.lock"])
def test_a_lock_names_no_host_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\w)", text.strip())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_tests_run_on_the_versions_that_are_served() -> None:
    run = pinned("requirements.lock")
    for lock in ("requirements-dev.lock", "requirements-training.lock"):
        assert {name: pinned(lock).get(name) for name in run} == run


def test_the_lock_holds_every_dependency_and_no_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\[<>=]", wanted)[0] for wanted in project["dependencies"]}
    assert names <= set(pinned("requirements.lock"))
    assert not {"torch", "torchvision"} & set(pinned("requirements-dev.lock"))


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in ("training", "otel") for one in project["optional-dependencies"][extra]),
    ]
    declared = {canonical(re.split(r"[\[<>=]", name)[0]) for name in wanted}
    sources = [path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    imported = {name for text in sources for name in re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE)}
    outside = imported & set(packages_distributions()) - PACKAGES - set(sys.stdlib_module_names)
    origins = {name: {canonical(origin) for origin in packages_distributions()[name]} for name in outside}
    assert {name: origin for name, origin in origins.items() if not origin & declared} == {}


def test_the_npm_lock_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    third_party = {name: entry for name, entry in packages.items() if name}
    assert [name for name, entry in third_party.items() if "resolved" in entry] == []
    assert [name for name, entry in third_party.items() if not entry["integrity"].startswith("sha512-")] == []


def test_npm_packages_are_pinned_exactly() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    versions = [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    assert wanted["dependencies"]["htmx.org"].startswith("2.")


def test_browser_files_are_whole_and_made_from_the_lock() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text())
    assert manifest["lock"] == hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    found = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in manifest["files"]}
    assert found == manifest["files"]


def test_every_browser_file_comes_with_its_licence() -> None:
    packages = json.loads((VENDOR / "manifest.json").read_text())["packages"]
    licences = {path.stem for path in (VENDOR / "licenses").iterdir()}
    assert {name.split("/")[-1] for name in packages} == licences


def test_no_tracked_file_names_a_registry() -> None:
    texts = {path: path.read_bytes().decode("utf-8", "ignore") for path in tracked()}
    assert [path.name for path, text in texts.items() if REGISTRY.search(text)] == []


def test_every_package_at_the_top_is_installed_and_checked() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert found == PACKAGES
    assert set(config["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES
    assert set(config["mypy"]["packages"]) == PACKAGES
    assert set(config["importlinter"]["root_packages"]) == PACKAGES


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="jidoka")
    assert callable(command.load())


def test_ci_runs_what_a_developer_runs() -> None:
    script = (ROOT / ".ci/run").read_text()
    (goals,) = re.findall(r"^exec make (.+)$", script, flags=re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert goals.split() == ["check", "test"]
    assert all(re.search(rf"^{goal}: ", makefile, flags=re.MULTILINE) for goal in goals.split())


def test_a_second_setup_has_nothing_to_do() -> None:
    if not (ROOT / ".venv/requirements-dev.installed").is_file():
        pytest.skip("this checkout was not set up by ./setup")
    again = subprocess.run([sys.executable, "setup"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert again.stdout == ""

"""The import contracts catch what they are there for, tried on a small tree of the same shape."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).parent / "lint-imports"

ALLOWED = {
    "inspection/main.py": "def main():\n    from inspection import settings\n    from camera import sources\n"
    "    from models import runtime\n    from review_ui import app\n    from inspection.flow import review\n",
    "inspection/settings.py": "import os\n",
    "inspection/api/images.py": "import fastapi\nfrom inspection.flow import review\n",
    "inspection/flow/review.py": "from inspection.store import tables\nfrom inspection.core import line\n",
    "inspection/store/reports.py": "import sqlalchemy\nfrom inspection.core import line\n",
    "inspection/store/tables.py": "import sqlmodel\n",
    "inspection/core/line.py": "import datetime\nimport numpy\n",
    "camera/sources.py": "import cv2\nfrom inspection.core import line\n",
    "models/runtime.py": "import cv2\nfrom inspection.core import line\n",
    "review_ui/app.py": "from review_ui import pages\nfrom inspection.store import reports\n",
    "review_ui/pages.py": "import fastapi\nfrom inspection.flow import review\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of the same shape that keeps every contract."""
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for name, source in ALLOWED.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    for folder in {path.parent for path in tmp_path.glob("*/**/*.py")} | {tmp_path / "inspection"}:
        (folder / "__init__.py").touch()
    return tmp_path


def broken_contracts(tree: Path) -> set[str]:
    """Numbers of the contracts that a tree breaks."""
    said = subprocess.run([LINT, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False).stdout
    assert "Contracts: " in said, said
    return {line.split(".")[0] for line in said.splitlines() if line.split(" (")[0].endswith("BROKEN")}


def test_the_layout_of_the_design_is_allowed(tree: Path) -> None:
    assert broken_contracts(tree) == set()


@pytest.mark.parametrize(
    ("name", "line", "contract"),
    [
        ("inspection/core/line.py", "from inspection.store import tables", "1"),
        ("models/runtime.py", "import camera.sources", "1"),
        ("inspection/utils.py", "import json", "2"),
        ("inspection/core/line.py", "import logging", "3"),
        ("inspection/flow/review.py", "from models import runtime", "4"),
        ("inspection/main.py", "import sqlalchemy", "5"),
        ("inspection/api/images.py", "import sqlite3", "5"),
        ("review_ui/pages.py", "from inspection.store import tables", "6"),
        ("review_ui/pages.py", "from inspection import settings", "7"),
        ("inspection/flow/review.py", "import inspection.settings", "7"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(tree: Path, name: str, line: str, contract: str) -> None:
    with (tree / name).open("a") as file:
        file.write(f"{line}\n")
    assert contract in broken_contracts(tree)

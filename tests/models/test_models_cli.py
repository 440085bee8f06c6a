"""The commands 'jidoka model add' and 'jidoka model list'."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.main import lines, models_cli
from models.contract import Unusable
from tests.models.foreigners import onnx_file
from tests.models.v2server import V2Server

CARD = """
name = "brightness"
[output]
score = "score"
map = "places"
curve = { middle = 0.635, width = 0.05 }
"""
runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "card.toml").write_text(CARD)
    made = runner.invoke(lines.app, ["add", "press", "--data-dir", str(tmp_path / "data")])
    assert made.exit_code == 0, made.output
    return tmp_path


def model(folder: Path, *words: str) -> str:
    done = runner.invoke(models_cli.app, [*words, "--data-dir", str(folder / "data")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_model_from_a_file_is_added_and_listed(folder: Path) -> None:
    file, card = str(onnx_file(folder)), str(folder / "card.toml")
    told = model(folder, "add", "press", file, "--card", card)
    assert "Model 1 of line press is ready: brightness, computed by openvino." in told
    assert "looks at the whole image, also on a line whose own models find the part first" in told
    listed = model(folder, "list", "press")
    assert "foreign" in listed
    assert "brightness" in listed
    assert len(list((folder / "data" / "models").iterdir())) == 1


def test_a_model_on_a_server_needs_no_file(folder: Path) -> None:
    server = V2Server(onnx_file(folder).read_bytes())
    text = f'runtime = "remote"\n{CARD}\n[server]\nurl = "{server.url}"\nmodel = "plates"\n'
    (folder / "card.toml").write_text(text)
    assert "computed by remote" in model(folder, "add", "press", "--card", str(folder / "card.toml"))
    server.close()


def test_a_model_that_does_not_fit_is_not_registered(folder: Path) -> None:
    with pytest.raises(Unusable, match="There is no file"):
        model(folder, "add", "press", str(folder / "none.onnx"), "--card", str(folder / "card.toml"))
    assert model(folder, "list", "press") == ""

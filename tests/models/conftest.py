"""One small model, trained once, that the tests of models share."""

from pathlib import Path

import pytest

from tests.models.parts import good_plates


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a model of 24 plates, not to be changed, and the model's name."""
    root = tmp_path_factory.mktemp("models")
    return root, good_plates(24).train(root).artefact

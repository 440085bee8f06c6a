"""One server on one SQLite."""

import os
from pathlib import Path

import pytest

from inspection.store.lock import AlreadyServed, hold


def test_a_second_server_is_turned_away_and_told_by_whom(tmp_path: Path) -> None:
    first = hold(tmp_path / "data")
    with pytest.raises(AlreadyServed, match=f"process {os.getpid()}.*PostgreSQL"):
        hold(tmp_path / "data")
    first.close()
    hold(tmp_path / "data").close()

"""One server on one SQLite: a second would not see the first one's queue, so it is turned away."""

import fcntl
import os
from pathlib import Path
from typing import IO


class AlreadyServed(Exception):
    """Another server runs on this data folder; the message says which process."""


def hold(folder: Path) -> IO[str]:
    """Lock the data folder for as long as the returned file is open; the kernel frees it when the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "server.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise AlreadyServed(
            f"Another Jidoka server (process {holder}) runs on {folder}. Stop it first, give this one another "
            "data_dir, or use PostgreSQL, which several servers can share."
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file

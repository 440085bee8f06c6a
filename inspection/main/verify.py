"""The command 'jidoka verify': is everything that was acknowledged still there, and unaltered?"""

from hashlib import sha256

from inspection.main.server import open_database, open_images
from inspection.settings import Settings
from inspection.store import journal
from inspection.store.database import Database
from inspection.store.images import FolderImageStore
from inspection.store.reports import integrity


def verify_all(settings: Settings, *, check_images: bool) -> int:
    """Print what was checked and what is wrong; 0 when all is well, else 1."""
    db = open_database(settings)
    try:
        wrong = _journal(db) + _units(db)
        if check_images:
            wrong += _images(db, open_images(settings))
    finally:
        db.close()
    for words in wrong[:20]:
        print(f"WRONG  {words}")
    print("All is well." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


def _journal(db: Database) -> list[str]:
    with db.read() as tx:
        count, broken = journal.verify(tx)
    print(f"journal  {count} entries sealed" if broken is None else f"journal  {count} entries fit, then not")
    return [] if broken is None else [broken]


def _units(db: Database) -> list[str]:
    with db.read() as tx:
        count, wrong = integrity.units(tx)
    print(f"units    {count} checked")
    return wrong


def _images(db: Database, images: FolderImageStore) -> list[str]:
    wrong = []
    with db.read() as tx:
        hashes = integrity.image_hashes(tx)
    for digest in hashes:
        try:
            intact = sha256(images.get(digest)).hexdigest() == digest
        except OSError:
            wrong.append(f"Image {digest[:12]} is gone.")
        else:
            if not intact:
                wrong.append(f"Image {digest[:12]} was altered.")
    print(f"images   {len(hashes)} read")
    return wrong

"""Sources by a short address: `folder:photos`, `usb:0`, `rtsp://...`, `video:belt.mp4`, `simulated`."""

from pathlib import Path
from urllib.parse import parse_qsl

from camera.folder import FolderSource
from camera.frame import Source
from camera.video import VideoSource

KINDS = ("folder", "usb", "rtsp", "video", "simulated")
_HELP = (
    "A source is one of: folder:PATH, usb:NUMBER, rtsp://ADDRESS, video:FILE, simulated or simulated:SEED. "
    "Cameras and videos take '?every=SECONDS&view=NAME' behind it."
)


class UnknownSource(ValueError):
    """This address names no source; the message lists those there are."""


def parse_source(address: str, views: tuple[str, ...] = ("top",)) -> Source:
    """The source behind an address, for a line that asks for these views; raises UnknownSource."""
    plain, _, query = address.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    kind, _, rest = plain.partition(":")
    if kind in ("rtsp", "rtsps", "http", "https") and len(rest) > 2 and rest.startswith("//"):
        # What follows the question mark may be the camera's own; only our two options are taken out of it.
        ours = {key: value for key, value in options.items() if key in ("every", "view")}
        theirs = "&".join(part for part in query.split("&") if part.partition("=")[0] not in ours)
        return _video(plain + (f"?{theirs}" if theirs else ""), ours, views)
    if kind in ("simulated", "folder") and query:
        raise UnknownSource(f"{kind} takes no options: leave '?{query}' away. {_HELP}")
    if kind == "simulated":
        return _simulated(rest)
    if kind == "folder" and rest:
        return FolderSource(Path(rest).expanduser(), views)
    if kind == "usb" and rest.isdecimal():
        return _video(int(rest), options, views)
    if kind == "video" and rest:
        if not Path(rest).is_file():
            raise UnknownSource(f"There is no video file {rest}.")
        return _video(rest, options, views, ends=True)
    raise UnknownSource(f"{address!r} is no source. {_HELP}")


def _video(address: int | str, options: dict[str, str], views: tuple[str, ...], *, ends: bool = False) -> Source:
    unknown = set(options) - {"every", "view"}
    if unknown:
        raise UnknownSource(f"A camera knows no option {sorted(unknown)[0]!r}. {_HELP}")
    try:
        every_s = float(options.get("every", "1"))
    except ValueError:
        every_s = -1.0
    if not 0 <= every_s <= 86_400:
        raise UnknownSource(f"every={options['every']} is no number of seconds from 0 to 86400.")
    return VideoSource(address, view=options.get("view", views[0]), every_s=every_s, ends=ends)


def _simulated(seed: str) -> Source:
    if seed and not seed.isdecimal():
        raise UnknownSource(f"{seed!r} is no seed: use a number, such as simulated:7.")
    from camera.phones import SimulatedSource

    return SimulatedSource(int(seed or 7))

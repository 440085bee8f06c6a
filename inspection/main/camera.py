"""The command 'jidoka camera'."""

import re
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer


def camera(
    line: Annotated[str, typer.Option(help="Name of the line the images belong to.")],
    source: Annotated[
        str, typer.Option(help="folder:PATH, usb:0, rtsp://ADDRESS, video:FILE, or simulated.")
    ] = "simulated",
    server: Annotated[str, typer.Option(help="Address of the server.")] = "http://127.0.0.1:8000",
    token: Annotated[str | None, typer.Option(help="The camera's token; better in JIDOKA_CAMERA_TOKEN.")] = None,
    name: Annotated[str, typer.Option(help="The camera's name, for the ids of its captures.")] = "camera",
    views: Annotated[str, typer.Option(help="The line's views with commas between them.")] = "top",
    spool: Annotated[Path, typer.Option(help="Folder that keeps frames until the server has them.")] = Path("spool"),
) -> None:
    """Take images from a camera, a folder or a video, and send them to a server. Runs until stopped.

    Frames wait on this machine's disk while the server is away; none is lost, none is sent twice.
    """
    from camera.agent import Agent
    from camera.quality import QualitySource
    from camera.sources import parse_source
    from camera.spool import Spool
    from inspection.settings import read

    secret = token or read().camera_token
    if not secret:
        sys.exit("jidoka: give the camera's token in JIDOKA_CAMERA_TOKEN. 'jidoka line camera' makes one.")
    if not re.match(r"https?://[^/]+", server):
        sys.exit(f"jidoka: {server!r} is no server address: it looks like http://192.0.2.10:8000.")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    agent = Agent(
        source=QualitySource(parse_source(source, tuple(v.strip() for v in views.split(",") if v.strip()) or ("top",))),
        spool=Spool(spool / line / name),
        server=server,
        line=line,
        camera=name,
        token=secret,
        stop=stop,
        log=lambda words: print(words, file=sys.stderr, flush=True),
    )
    print(f"Sending images of line {line} to {server}. Stop with Ctrl+C.", flush=True)
    agent.run()
    now = agent.status
    print(f"{now.taken} taken, {now.sent} sent, {now.refused} refused, {now.waiting} wait in {spool}.")

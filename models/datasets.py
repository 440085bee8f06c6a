"""Labelled image sets in the layouts that people have them in, as files with their labels."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from inspection.core.train import UNNAMED, Outline, Untrainable

_KINDS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
_GOOD = {"good", "ok", "normal"}
_MASK_FROM = 127
_LAYOUTS = (
    "images.json with path, defect, mask and group of each image; train/good, test/<defect> and "
    "ground_truth/<defect> as MVTec AD has them; or good/ beside defect/<type>/ and mask/<type>/"
)


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One image file of a set: its defect, empty for a good part, its mask and the group it was taken in, if any."""

    file: Path
    defect: str = ""
    mask: Path | None = None
    group: str = ""


def read_set(folder: Path, split: Path | None = None, parts: Sequence[str] = ()) -> list[Labelled]:
    """All images of a set, or those that a split file names under some of its `parts`, in order.

    Raises Untrainable when the folder is laid out in no known way, or a file that it names is missing.
    """
    if (folder / "images.json").is_file():
        found = list(_listed(folder))
    elif (folder / "train").is_dir() or (folder / "test").is_dir():
        found = list(_mvtec(folder, parts if split is None else ()))
    else:
        found = list(_folders(folder))
    if split is not None:
        found = _of_split(folder, found, split, parts)
    for image in found:
        for file in (image.file, image.mask):
            if file is not None and not file.is_file():
                raise Untrainable(f"{file} is named by the set, but is not there.")
    if not found:
        raise Untrainable(f"There is no image in {folder}. A set of images is {_LAYOUTS}.")
    return found


def _listed(folder: Path) -> Iterator[Labelled]:
    try:
        entries: list[dict[str, Any]] = json.loads((folder / "images.json").read_text())
        for entry in entries:
            mask, group = entry.get("mask"), entry.get("group")
            yield Labelled(
                file=folder / entry["path"], defect=str(entry.get("defect") or ""),
                mask=folder / mask if mask else None, group="" if group is None else str(group),
            )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Untrainable(f"{folder / 'images.json'} is no list of images with their paths: {error!r}.") from error


def _mvtec(folder: Path, parts: Sequence[str]) -> Iterator[Labelled]:
    for part in parts or ("train", "test"):
        for file in _images(folder / part):
            kind = file.parent.name
            defect = "" if kind.lower() in _GOOD else kind
            masks = sorted((folder / "ground_truth" / kind).glob(f"{file.stem}*.png")) if defect else []
            yield Labelled(file=file, defect=defect, mask=masks[0] if masks else None)


def _folders(folder: Path) -> Iterator[Labelled]:
    for kind in sorted(folder.iterdir()) if folder.is_dir() else []:
        if kind.name.lower() in _GOOD:
            yield from (Labelled(file=file) for file in _images(kind))
        elif kind.name.lower() in ("defect", "defects", "bad", "ng"):
            for file in _images(kind):
                name = file.parent.name if file.parent != kind else UNNAMED
                mask = (folder / "mask" / file.relative_to(kind)).with_suffix(".png")
                yield Labelled(file=file, defect=name, mask=mask if mask.is_file() else None)


def _images(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in _KINDS)


def _of_split(folder: Path, found: list[Labelled], split: Path, parts: Sequence[str]) -> list[Labelled]:
    try:
        named: dict[str, list[str]] = json.loads(split.read_text())
    except (OSError, ValueError) as error:
        raise Untrainable(f"The split {split} cannot be read: {error}.") from error
    unknown = sorted(set(parts) - set(named))
    if unknown:
        raise Untrainable(f"{split.name} has no part {unknown[0]!r}. Its parts are: {', '.join(sorted(named))}.")
    by_file = {image.file: image for image in found}
    wanted = [folder / path for part in (parts or named) for path in named[part]]
    missing = [file for file in wanted if file not in by_file]
    if missing:
        raise Untrainable(f"{split.name} names {missing[0]}, which is not in the set.")
    return [by_file[file] for file in wanted]


def regions_of(mask: Path, size: tuple[int, int]) -> tuple[Outline, ...]:
    """The outlines of a mask's bright regions, for an image of `size` (rows, columns); raises Untrainable."""
    drawn = read_mask(mask, size)
    contours, _ = cv2.findContours(drawn.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return tuple(tuple((int(x), int(y)) for x, y in contour[:, 0]) for contour in contours)


def read_mask(mask: Path, size: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where a mask marks a defect (rows, columns); raises Untrainable when it has another size than its image."""
    pixels = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise Untrainable(f"The mask {mask} cannot be read as an image.")
    if pixels.shape != size:
        raise Untrainable(
            f"The mask {mask} has {pixels.shape[1]} x {pixels.shape[0]} pixels and its image {size[1]} x {size[0]}. "
            "Draw it on the image in its full size."
        )
    return np.asarray(pixels > _MASK_FROM if pixels.max() > 1 else pixels > 0)

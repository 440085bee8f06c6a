"""One way of finding the part, learned from good images and tried on them again."""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import cv2
import numpy as np

from inspection.core.train import stop_if
from models.calibrate import upper_limit
from models.locate_align import Floats, likeness, normal, scale_of
from models.locate_card import MARGIN, LocateCard, Looks, Outline, Pose, Trial
from models.locate_contour import Shape
from models.locate_judge import Frame, Judge, Settled, angle_of, apart, poses
from models.locate_part import Locator, shape_doubt
from models.locate_rectify import Doubles, Located, Pixels, carry, inverse, similarity
from models.locate_small import Small
from models.locate_template import Template

Cancelled = Callable[[], bool]
T = TypeVar("T")
MIN_FOUND = 0.98  # of the good images: a way that is sure in fewer is none
_ROUNDS = 2
_GREY = 28.0  # grey levels of the kept reference for one standard deviation
_TELLS = 0.04  # by how much the right way round must look better than the wrong one for the reference to tell them
_HELD = 40.0  # a fixture holds parts within so many degrees
_WIDE_TURNS, _WIDE_SCALES = np.linspace(-12, 12, 9), np.geomspace(0.9, 1.11, 3)
_PALE = 0.35  # the share of the good images' lowest contrast that a part must have
_OUTSIDE = 0.4
_CENTRE = 0.7
_SOME, _HARDLY = 15, 0.25


def learn_contour(
    smalls: Sequence[Small], found: Sequence[Shape | None], way: str, cancelled: Cancelled
) -> tuple[LocateCard | None, Trial]:
    """Learn the outline `found` in each image by the way it stands out; no card when too few images have one."""
    name = f"its outline {way}"
    shapes = {i: shape for i, shape in enumerate(found) if shape is not None and not shape_doubt(shape, (0.0, 2.0))}
    if not shapes:
        return None, Trial(way=name, found=0.0, words="No single whole thing stands out in any image.")
    first = _typical(smalls, shapes)
    across, down = shapes[first].sides
    units = [max(smalls[i].frame) / 2 ** smalls[i].halved for i in shapes]
    longer = float(np.median([max(shape.sides) / unit for shape, unit in zip(shapes.values(), units, strict=True)]))
    shorter = float(np.median([min(shape.sides) / unit for shape, unit in zip(shapes.values(), units, strict=True)]))
    width, height = (longer, shorter) if across >= down else (shorter, longer)
    frame = Frame.around(width, height)
    places = {i: poses(shape, frame.box) for i, shape in shapes.items()}
    usable = [i for i in shapes if places[i]]
    if first not in usable or len(usable) < max(MIN_FOUND * len(smalls), 2):
        words = f"What stands out is one whole thing of the same shape in {len(usable)} of {len(smalls)} images."
        return None, Trial(way=name, found=round(len(usable) / len(smalls), 4), words=words)
    start = min(places[first], key=lambda pose: abs(angle_of(pose)))
    reference = _reference(smalls[first], start, frame)
    candidates = {i: places[i] for i in usable}
    settled = _together(smalls, candidates, reference, cancelled, frame.box)
    if np.quantile([s.lead for s in settled.values()], 0.02) < _TELLS:
        as_held = {i: [min(found, key=lambda pose: apart(pose, start))] for i, found in candidates.items()}
        settled = _together(smalls, as_held, reference, cancelled, frame.box)
    outside = float(np.median([_edges_outside(smalls[i], shapes[i]) for i in usable]))
    if outside > _OUTSIDE:
        words = f"It is a detail of something larger: {outside:.0%} of the image's edges lie outside of it."
        return None, Trial(way=name, found=0.0, words=words)
    extents = np.array([shapes[i].extent for i in usable])
    spare = max(0.1, 4 * float(np.median(np.abs(extents - np.median(extents)))))
    low, high = float(np.median(extents)) - spare, float(np.median(extents)) + spare
    outline = Outline(way=way, extent=(round(low, 4), round(high, 4)))
    pose = _pose(smalls, settled, frame, (width, height))
    return _tried(smalls, settled, frame, pose, outline, name, start, cancelled)


def learn_template(
    smalls: Sequence[Small], known: Sequence[LocateCard], cancelled: Cancelled = lambda: False
) -> tuple[LocateCard | None, Trial]:
    """Learn the part's picture, cut where outlines (`known`, if any) have mostly found it, else in the middle."""
    name = "its picture is searched"
    rows, columns = smalls[0].grey.shape
    width, height = _CENTRE * columns / max(rows, columns), _CENTRE * rows / max(rows, columns)
    middle = np.array([(columns - 1) / 2, (rows - 1) / 2])
    poses_known = [card.pose for card in known if card.pose is not None and card.pose.turned < _HELD]
    first = 0
    if poses_known:
        best = max((card for card in known if card.pose in poses_known), key=lambda card: card.trials[0].found)
        locator = Locator(best)
        answers = (locator.locate(small.bgr) for small in each(smalls, cancelled))
        first, located = next(((i, at) for i, at in enumerate(answers) if at.sure), (0, None))
        if located is not None and best.pose is not None:
            width, height, middle = best.pose.width, best.pose.height, located.quad.mean(axis=0)
    frame = Frame.around(width, height)
    start = np.eye(3)
    start[0, 0] = start[1, 1] = frame.unit / max(rows, columns)
    start[:2, 2] = frame.box.mean(axis=0) - start[0, 0] * middle
    reference = _reference(smalls[first], start, frame)
    share = max(frame.size) / frame.unit
    template = Template(_grey(reference), share, _WIDE_TURNS, _WIDE_SCALES)
    matches = {i: template.find(small.grey) for i, small in enumerate(each(smalls, cancelled))}
    places = {i: [match.to_patch] for i, match in matches.items() if match is not None}
    if len(places) < 2:
        return None, Trial(way=name, found=0.0, words="The part's picture is as large as the image.")
    settled = _together(smalls, places, reference, cancelled)
    pose = _pose(smalls, settled, frame, (width, height))
    return _tried(smalls, settled, frame, pose, None, name, start, cancelled)


def each(items: Iterable[T], cancelled: Cancelled) -> Iterator[T]:
    """The items one by one; raises Cancelled before the next when the training was cancelled."""
    for item in items:
        stop_if(cancelled)
        yield item


def _edges_outside(small: Small, shape: Shape) -> float:
    """The share of the image's strong edges that do not belong to the shape."""
    inside = cv2.fillConvexPoly(np.zeros_like(small.grey), np.round(shape.corners).astype(np.int32), 1)
    reach = 2 * round(MARGIN * max(shape.sides)) + 1
    inside = cv2.dilate(inside, np.ones((reach, reach), np.uint8))
    strong = small.strong_edges
    return float((strong & (inside == 0)).sum() / max(int(strong.sum()), 1))


def _typical(smalls: Sequence[Small], shapes: dict[int, Shape]) -> int:
    """The image whose shape has the median area."""
    areas = {i: shape.sides[0] * shape.sides[1] / smalls[i].grey.size for i, shape in shapes.items()}
    return sorted(areas, key=lambda i: areas[i])[len(areas) // 2]


def _reference(small: Small, to_patch: Doubles, frame: Frame) -> Floats:
    return small.cut(to_patch, frame.size)


def _together(
    smalls: Sequence[Small], candidates: Mapping[int, Sequence[Doubles]], reference: Floats, cancelled: Cancelled,
    box: Doubles | None = None,
) -> dict[int, Settled]:  # fmt: skip
    """Every image laid on the mean of all, which begins as one image's part; by their candidates (3, 3). With a `box`,
    where each image's candidates put it, the mean is laid on the median of their own rectangles."""
    straight = np.eye(3)
    for _ in range(_ROUNDS):
        judge = Judge(reference)
        settled = {i: judge.settle(smalls[i], found) for i, found in each(candidates.items(), cancelled)}
        if box is not None:
            straight = _straightened(settled, candidates, box)
        patches = [smalls[i].cut(straight @ s.to_patch, judge.size) for i, s in settled.items()]
        reference = normal(np.mean(patches, axis=0))
    judge = Judge(normal(_grey(reference)))
    return {i: judge.settle(smalls[i], found) for i, found in each(candidates.items(), cancelled)}


def _straightened(settled: Mapping[int, Settled], candidates: Mapping[int, Sequence[Doubles]], box: Doubles) -> Doubles:
    """The move of patches that puts the median of the images' own rectangles on the box."""
    found = []
    for i, s in settled.items():
        laid = [carry(s.to_patch @ inverse(candidate), box) for candidate in candidates[i]]
        found.append(min(laid, key=lambda corners: float(np.abs(corners - box).max())))
    return similarity(np.asarray(np.median(found, axis=0), np.float64), box)


def _pose(smalls: Sequence[Small], settled: dict[int, Settled], frame: Frame, sides: tuple[float, float]) -> Pose:
    angles = np.array([angle_of(s.to_patch) for s in settled.values()])
    middle = float(
        np.degrees(
            np.angle(np.median(np.exp(1j * np.radians(angles)).real) + 1j * np.median(np.sin(np.radians(angles))))
        )
    )
    off = np.abs((angles - middle + 180) % 360 - 180)
    held = bool(np.quantile(off, 0.99) <= _HELD)
    scales = np.array(
        [frame.unit / (scale_of(s.to_patch) * max(smalls[i].frame) / 2 ** smalls[i].halved) for i, s in settled.items()]
    )
    leads = np.array([s.lead for s in settled.values()])
    return Pose(
        width=round(sides[0], 5),
        height=round(sides[1], 5),
        scale=(round(float(np.quantile(scales, 0.01)) * 0.92, 4), round(float(np.quantile(scales, 0.99)) * 1.08, 4)),
        angle=round(middle, 3),
        turned=round(min(float(np.quantile(off, 0.99)) * 1.5 + 2.0, 180.0), 2) if held else 180.0,
        lead=round(float(np.quantile(leads, 0.02)) / 2, 4) if (leads < 1).all() else 0.0,
    )


def _tried(
    smalls: Sequence[Small], settled: dict[int, Settled], frame: Frame, pose: Pose, outline: Outline | None, name: str,
    start: Doubles, cancelled: Cancelled,
) -> tuple[LocateCard | None, Trial]:  # fmt: skip
    """The card, and what it does on the images it was learned from."""
    if outline is not None and pose.lead == 0 and pose.turned >= 180:
        words = "Parts lie any way round, and which way cannot be told from their looks."
        return None, Trial(way=name, found=0.0, words=words)
    patches = np.stack([s.patch for s in settled.values()])
    mean = normal(patches.mean(axis=0))
    looks, alike = _looks(patches, mean, min(s.contrast for s in settled.values()))
    full = max(smalls[0].frame) / frame.unit
    size = (max(1, round(frame.size[0] * full)), max(1, round(frame.size[1] * full)))
    kind = "template" if outline is None else "contour"
    card = LocateCard(kind=kind, reason="", frame=smalls[0].frame, size=size, looks=looks, pose=pose, outline=outline)
    answers = _answers(Locator(card), smalls, cancelled)
    doubts = Counter(answer.reason.split(":")[0].split("(")[0].strip(" .") for answer in answers if not answer.sure)
    unmoved = np.stack([small.cut(start, frame.size) for small in smalls])
    trial = Trial(
        way=name,
        found=round(float(np.mean([answer.sure for answer in answers])), 4),
        confidence=(round(float(alike.min()), 4), round(float(np.median(alike)), 4)),
        residual=round(float(np.abs(patches - mean).mean()), 4),
        unmoved=round(float(np.abs(unmoved - normal(unmoved.mean(axis=0))).mean()), 4),
        words="; ".join(f"{count} x {words}" for words, count in doubts.most_common(3)),
    )
    return LocateCard(**{**card.__dict__, "trials": (trial,)}), trial


def _answers(locator: Locator, smalls: Sequence[Small], cancelled: Cancelled) -> list[Located]:
    """Where the part is found in all images; in some of them, evenly picked, when it is hardly ever sure in these, for
    such a way is not taken, and takes longest."""
    step = max(1, len(smalls) // _SOME)
    answers = [locator.locate(small.bgr) for small in each(smalls[::step], cancelled)]
    if sum(answer.sure for answer in answers) < _HARDLY * len(answers):
        return answers
    rest = [small for i, small in enumerate(smalls) if i % step]
    return answers + [locator.locate(small.bgr) for small in each(rest, cancelled)]


def _looks(patches: Floats, mean: Floats, contrast: float) -> tuple[Looks, Doubles]:
    """The limits of likeness, each good image compared with the mean of all others."""
    total, count = patches.sum(axis=0), len(patches)
    likes = [likeness(patch, normal((total - patch) / (count - 1))) for patch in patches]
    alike, detail = np.array([like.similarity for like in likes]), np.array([like.detail for like in likes])
    odd = np.array([like.odd for like in likes])
    unlike = float(np.clip(2 * upper_limit(1 - alike), 0.15, 0.5))
    blurred = float(np.median(detail)) - max(1.5 * (upper_limit(-detail) + float(np.median(detail))), 0.25)
    looks = Looks(
        png=base64.b64encode(bytes(cv2.imencode(".png", _grey(mean))[1])).decode(),
        similarity=round(1 - unlike, 4),
        detail=round(max(blurred, 0.2), 4),
        odd=round(max(1.4 * upper_limit(odd), 1.0), 4),
        contrast=round(_PALE * contrast, 2),
    )
    return looks, alike


def _grey(reference: Floats) -> Pixels:
    return np.asarray(np.clip(np.round(128 + _GREY * reference), 0, 255), np.uint8)

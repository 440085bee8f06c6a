"""A model's card as its page shows it. Any part may be missing: cards differ by how and when a model was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from review_ui import draw, texts
from review_ui.draw import Reliability
from review_ui.speech import NOTHING

CHOSEN_ON = ("auroc", "recall_5")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One way that was tried, with its figures in the order of the table's columns."""

    words: str
    figures: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Trials:
    """What was tried on held-out images, and why one was taken; `columns` are the names of the figures."""

    columns: tuple[str, ...]
    rows: tuple[Trial, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A good image that looks like a defect; `score` is that of the anomaly model that had not seen it."""

    sha256: str
    name: str
    score: float | None


@dataclass(frozen=True, kw_only=True)
class ViewCard:
    """One view's part of a card."""

    name: str
    size: tuple[int, int] | None
    good: int | None
    defects: int | None
    outlined: int
    types: tuple[tuple[str, int | None], ...]
    located: bool
    device: str | None
    ways: Trials | None
    mixes: Trials | None
    reason: str
    held_out: tuple[tuple[str, str], ...]
    novelty_limit: float | None
    reliability: Reliability | None
    suspects: tuple[Suspect, ...]
    warnings: tuple[str, ...]


def views(words: SimpleNamespace, card: Mapping[str, Any]) -> tuple[ViewCard, ...]:
    """The views of a card, by name."""
    return tuple(_view(words, name, view or {}) for name, view in sorted((card.get("views") or {}).items()))


def suspects_in(card: Mapping[str, Any]) -> int:
    """How many good images look like defects."""
    return sum(len((view or {}).get("suspects") or ()) for view in (card.get("views") or {}).values())


def _view(words: SimpleNamespace, name: str, view: Mapping[str, Any]) -> ViewCard:
    labels = view.get("labels") or {}
    defects = view.get("defects") or {}
    counted = defects.get("types") or dict.fromkeys(labels.get("types") or ())
    bins = labels.get("reliability") or ()
    return ViewCard(
        name=name,
        size=(view["height"], view["width"]) if "height" in view and "width" in view else None,
        good=view.get("images"), defects=defects.get("images", labels.get("defects")),
        outlined=defects.get("outlined", labels.get("outlined", 0)), types=tuple(sorted(counted.items())),
        located=bool(view.get("locate")), device=labels.get("device"),
        ways=trials(view.get("trials") or (), view.get("trials_reason", "")),
        mixes=trials([_mix(trial) for trial in labels.get("trials") or ()], labels.get("reason", "")),
        reason=labels.get("reason", ""), held_out=_held_out(words.held_out, view.get("held_out") or {}),
        novelty_limit=view.get("novelty_limit"), reliability=draw.reliability(bins) if bins else None,
        suspects=tuple(
            Suspect(sha256=one["sha256"], name=one["name"], score=one.get("score"))
            for one in view.get("suspects") or ()
        ),
        warnings=tuple(view.get("warnings") or ()),
    )  # fmt: skip


def trials(tried: Sequence[Mapping[str, Any]], reason: str) -> Trials | None:
    """The table of what was tried: `words`, `figures` by name, `ms` where it was measured, and which was `chosen`."""
    if not tried:
        return None
    names = list(dict.fromkeys(name for trial in tried for name in trial.get("figures") or {}))
    timed = any(trial.get("ms") is not None for trial in tried)
    rows = tuple(
        Trial(
            words=str(trial.get("words", "")), chosen=bool(trial.get("chosen")),
            figures=(*(figure((trial.get("figures") or {}).get(name)) for name in names),
                     *((figure(trial.get("ms")),) if timed else ())),
        )
        for trial in tried
    )  # fmt: skip
    return Trials(columns=(*names, *(("ms",) if timed else ())), rows=rows, reason=reason)


def _mix(trial: Mapping[str, Any]) -> dict[str, Any]:
    figures = {name: trial[name] for name in CHOSEN_ON if name in trial}
    return {"words": trial.get("mix", ""), "figures": figures, "chosen": trial.get("chosen", False)}


def _held_out(t: SimpleNamespace, found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    order = {name: place for place, name in enumerate(vars(t))}  # a card's names come in the order of the alphabet
    names = sorted(found, key=lambda name: order.get(name, len(order)))
    return tuple((texts.word(t, name), figure(found[name])) for name in names)


def figure(value: Any) -> str:
    """A figure as people read it: counts as they are, shares and areas with three places."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return NOTHING if value is None else str(value)
    if isinstance(value, int):
        return str(value)
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:.1f}"

"""What is known of models exported by Anomalib, so that their card can be short."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.contract import Card, Steps, Unusable

_SENSITIVITIES = ("image_sensitivity", "pixel_sensitivity")


def complete(card: Card, outputs: tuple[str, ...], file: Path | None) -> Card:
    """The card with what Anomalib's exports have in common; what the card says itself stays.

    Their input is RGB from 0 to 1, for their own preprocessing is inside. Version 2 gives pred_score and anomaly_map
    from 0 to 1. Version 1 gives an anomaly map alone, whose scale is in the metadata.json beside the model.
    """
    constants = dict.fromkeys(_SENSITIVITIES, 0.5) | card.input.constants
    card = replace(card, input=replace(card.input, constants=constants))
    if card.output.wanted:
        return card
    if "pred_score" in outputs:
        place = "anomaly_map" if "anomaly_map" in outputs else None
        return replace(card, output=replace(card.output, score="pred_score", map=place))
    if "output" not in outputs:
        raise Unusable("This is no model as Anomalib exports it: leave preset out, and name its outputs in [output].")
    steps = {} if card.output.curve is not None else _metadata(file)
    return replace(card, output=replace(card.output, map="output", **steps))


def _metadata(file: Path | None) -> dict[str, Any]:
    """Version 1's scales: (value - threshold) / (maximum - minimum) + 0.5, as the logistic of the same slope there."""
    path = (file or Path()).with_name("metadata.json") if file else None
    try:
        known = json.loads(path.read_text()) if path else {}
        low, high = (float(known[end] if end in known else known[f"anomaly_maps.{end}"]) for end in ("min", "max"))
        thresholds = {name: float(known[f"{word}_threshold"]) for name, word in _PARTS.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(
            "This model of Anomalib 1 gives a map whose scale is in the metadata.json beside it. Put that file there, "
            "or say [output] curve with middle and width."
        ) from error
    width = (high - low) / 4
    if not width > 0:
        raise Unusable("The metadata.json beside the model has no range of scores: say [output] curve in the card.")
    return {name: Steps(middle=threshold, width=width) for name, threshold in thresholds.items()}


_PARTS = {"curve": "image", "map_curve": "pixel"}

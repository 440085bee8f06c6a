"""The stages of the pipeline, in the order in which an image passes them: a change is to be seen where it starts."""

from enum import StrEnum


class Stage(StrEnum):
    """One stage of the pipeline."""

    CAPTURE = "capture"
    QUALITY = "quality"
    LOCATE = "locate"
    PREDICT = "predict"
    DECIDE = "decide"
    REVIEW = "review"


# Of alarms that are not of a rule, whose figure says its stage.
ALARMS = {
    "light": Stage.QUALITY, "drift": Stage.PREDICT, "model": Stage.PREDICT,
    "certificate": Stage.DECIDE, "escape": Stage.DECIDE, "escapes": Stage.DECIDE, "overkill": Stage.DECIDE,
    "overturns": Stage.DECIDE,
    "backlog": Stage.REVIEW, "second_reading": Stage.REVIEW, "reported_miss": Stage.REVIEW,
}  # fmt: skip

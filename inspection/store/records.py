"""The tables as Core tables, and values to and from the JSON kept in them."""

import json
import math
import struct
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import Table

from inspection.core.capture import QualityLimits, Region
from inspection.core.line import Recipe
from inspection.core.predict import Finding
from inspection.store import tables

_MOST_HALF = 65504.0  # the largest float of 16 bits


def _table(row: type) -> Table:
    return row.__table__  # type: ignore[attr-defined, no-any-return]


LINE = _table(tables.LineRow)
RECIPE = _table(tables.RecipeRow)
POLICY = _table(tables.PolicyRow)
ROLLOUT = _table(tables.RolloutRow)
CAMERA = _table(tables.CameraRow)
PERSON = _table(tables.PersonRow)
SESSION = _table(tables.SessionRow)
TOKEN = _table(tables.TokenRow)
UNIT = _table(tables.UnitRow)
IMAGE = _table(tables.ImageRow)
SETTINGS = _table(tables.SettingsRow)
PREDICTION = _table(tables.PredictionRow)
TASK = _table(tables.TaskRow)
DOUBT = _table(tables.DoubtRow)
BOOK = _table(tables.BookRow)
LABEL = _table(tables.LabelRow)
SAMPLE = _table(tables.SampleRow)
MODEL = _table(tables.ModelRow)
JOB = _table(tables.JobRow)
WINDOW = _table(tables.WindowRow)
BASELINE = _table(tables.BaselineRow)
RELIGHT = _table(tables.RelightRow)
DRIFT_REFERENCE = _table(tables.DriftReferenceRow)
DRIFT_LOOK = _table(tables.DriftLookRow)
ALARM = _table(tables.AlarmRow)
ALARM_RULE = _table(tables.AlarmRuleRow)
READING = _table(tables.ReadingRow)
TALLY = _table(tables.TallyRow)
TALLY_UNTIL = _table(tables.TallyUntilRow)
REQUEST = _table(tables.RequestRow)
HOST = _table(tables.HostRow)
CHANNEL = _table(tables.ChannelRow)
MESSAGE = _table(tables.MessageRow)
CERTIFICATE = _table(tables.CertificateRow)
GUARD = _table(tables.GuardRow)
KNOWN = _table(tables.KnownRow)
SHOWING = _table(tables.ShowingRow)
STUDY = _table(tables.StudyRow)
STUDY_PART = _table(tables.StudyPartRow)
STUDY_PERSON = _table(tables.StudyPersonRow)
STUDY_JUDGEMENT = _table(tables.StudyJudgementRow)
DISPUTE = _table(tables.DisputeRow)
PROPOSAL = _table(tables.ProposalRow)
JOURNAL = _table(tables.JournalRow)


def dump(value: Any) -> str:
    """Compact JSON of plain values."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def recipe_body(recipe: Recipe) -> str:
    """A recipe as the JSON of its row."""
    return dump(asdict(recipe))


@lru_cache(maxsize=1024)
def recipe_from(body: str) -> Recipe:
    """The recipe in a row's JSON."""
    b = json.loads(body)
    return Recipe(
        views=tuple(b["views"]),
        defect_types=tuple(b["defect_types"]),
        reference=Region(**b["reference"]),
        limits=QualityLimits(**b["limits"]),
        unit_timeout_s=b["unit_timeout_s"],
        # Recipes kept by older versions say nothing of these.
        locate=b.get("locate", False),
        input_size=tuple(b["input_size"]) if b.get("input_size") else None,
        budget_ms=b.get("budget_ms", 40.0),
    )


def findings_body(findings: tuple[Finding, ...]) -> str:
    """Findings as the JSON of their row."""
    return dump([{k: v for k, v in asdict(one).items() if k != "image_id" or v is not None} for one in findings])


def findings_from(body: str) -> tuple[Finding, ...]:
    """The findings in a row's JSON."""
    return tuple(
        Finding(
            box=tuple(f["box"]),
            outline=tuple((x, y) for x, y in f["outline"]),
            peak=f["peak"],
            defect_type=f["defect_type"],
            image_id=f.get("image_id"),
        )
        for f in json.loads(body)
    )


def feature_bytes(feature: tuple[float, ...]) -> bytes | None:
    """A prediction's feature as its row has it: floats of 16 bits; None without one, or where one is no number."""
    if not feature or not all(map(math.isfinite, feature)):
        return None
    return struct.pack(f"<{len(feature)}e", *(max(-_MOST_HALF, min(_MOST_HALF, one)) for one in feature))


def number(value: float) -> float | None:
    """PostgreSQL would keep what is no number, and every sum and median over it would be none either."""
    return value if math.isfinite(value) else None

"""The tables. Times are microseconds since 1970 in UTC; JSON is kept as text, the same on SQLite and PostgreSQL."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlmodel import Field, SQLModel

_JUDGED = text("person_verdict IS NOT NULL")
_NOT_CLOSED = text("closed_at IS NULL")
# SQLite numbers rows by itself only in a column typed INTEGER.
_BIG = BigInteger().with_variant(Integer, "sqlite")


def _id() -> int | None:
    return Field(default=None, sa_column=Column(_BIG, primary_key=True, autoincrement=True))  # type: ignore[no-any-return]


def _time(*, null: bool = False, index: bool = False) -> int:
    return Field(default=None, sa_column=Column(BigInteger, nullable=null, index=index))  # type: ignore[no-any-return]


def _to(target: str, *, null: bool = False, index: bool = True) -> int:
    return Field(  # type: ignore[no-any-return]
        default=None, sa_column=Column(BigInteger, ForeignKey(target), nullable=null, index=index)
    )


def _part_of_key(*target: ForeignKey) -> int:
    return Field(sa_column=Column(BigInteger, *target, primary_key=True, autoincrement=False))  # type: ignore[no-any-return]


def _in_byte_order() -> String:
    """Text whose index finds all that begins alike, on PostgreSQL too."""
    return String().with_variant(String(collation="C"), "postgresql")


def _part(name: str, column: str, which: str) -> Index:
    """An index of few rows, for queries that ask for `which` in the same words."""
    return Index(name, column, sqlite_where=text(which), postgresql_where=text(which))


def _text(default: str = "") -> str:
    return Field(default=default, sa_column=Column(Text, nullable=False, default=default))  # type: ignore[no-any-return]


class LineRow(SQLModel, table=True):
    """A camera line, with its recipe and policy in force, and the rollout under way."""

    __tablename__ = "line"
    id: int | None = _id()
    name: str = Field(unique=True)
    title: str
    place: str = ""
    safe_level: str
    audit_salt: str
    simulated: bool = False
    recipe_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    policy_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    rollout_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    created_at: int = _time()


class RecipeRow(SQLModel, table=True):
    """What a line inspects: an immutable, numbered version."""

    __tablename__ = "recipe"
    __table_args__ = (UniqueConstraint("line_id", "number"),)
    id: int | None = _id()
    line_id: int = _to("line.id")
    number: int
    body: str = _text()
    by: str
    at: int = _time()


class PolicyRow(SQLModel, table=True):
    """How a line decides: an immutable, numbered version. `in_force_at` is null for a rollout's candidate that has not,
    or never, taken over."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("line_id", "number"),)
    id: int | None = _id()
    line_id: int = _to("line.id")
    number: int
    level: str
    model: str | None = None
    pass_below: float | None = None
    reject_above: float | None = None
    audit_share: float
    deadline_ms: int
    by: str
    reason: str = _text()
    override: bool = False
    at: int = _time()
    in_force_at: int | None = _time(null=True)


class RolloutRow(SQLModel, table=True):
    """A candidate policy on its way into force: where it stands, how many units it decides, what was compared."""

    __tablename__ = "rollout"
    __table_args__ = (UniqueConstraint("line_id", "number"),)
    id: int | None = _id()
    line_id: int = _to("line.id")
    number: int
    stable_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    candidate_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    salt: str
    plan: str = _text("{}")
    phase: str
    step: int = 0
    weight: float = 0.0
    pause: str | None = None
    since: int = _time()
    failed: int = 0
    inconclusive: int = 0
    errors: int = 0
    record: str = _text("{}")
    last_label_id: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))
    measured_at: int | None = _time(null=True)
    measured: str = _text("{}")
    by: str
    reason: str = _text()
    at: int = _time()
    ended_at: int | None = _time(null=True)


class CameraRow(SQLModel, table=True):
    """A device that may send images of one line; of its token only the SHA-256 is kept."""

    __tablename__ = "camera"
    __table_args__ = (UniqueConstraint("line_id", "name"),)
    id: int | None = _id()
    line_id: int = _to("line.id")
    name: str
    token_sha256: str = Field(unique=True)
    simulated: bool = False
    created_at: int = _time()
    revoked_at: int | None = _time(null=True)


class PersonRow(SQLModel, table=True):
    """Somebody who signs in."""

    __tablename__ = "person"
    id: int | None = _id()
    name: str = Field(unique=True)
    role: str
    password_hash: str
    must_change: bool = False
    simulated: bool = False
    language: str = _text()
    pin_hash: str = _text()
    created_at: int = _time()
    disabled_at: int | None = _time(null=True)


class SessionRow(SQLModel, table=True):
    """A person signed in at a terminal, which is a browser; the cookies of both are kept as SHA-256 only."""

    __tablename__ = "session"
    token_sha256: str = Field(primary_key=True)
    person_id: int = _to("person.id")
    csrf: str
    terminal_sha256: str = Field(default="", sa_column=Column(Text, nullable=False, default="", index=True))
    created_at: int = _time()
    seen_at: int = _time()
    expires_at: int = _time()


class TokenRow(SQLModel, table=True):
    """A person's key to the API, which acts as that person; of the token itself only the SHA-256 is kept."""

    __tablename__ = "token"
    id: int | None = _id()
    person_id: int = _to("person.id")
    token_sha256: str = Field(unique=True)
    purpose: str = _text()
    by: str
    created_at: int = _time()
    used_at: int | None = _time(null=True)
    revoked_at: int | None = _time(null=True)


class UnitRow(SQLModel, table=True):
    """One physical part on one visit to the line; `score` is the worst of its images' from the model `model`.
    `rollout_id` names the rollout whose candidate decides it."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("line_id", "serial", "visit"),
        Index("ix_unit_line_opened", "line_id", "opened_at"),
        Index("ix_unit_open", "verdict", "by", "opened_at"),
        Index("ix_unit_opened", "opened_at"),
        _part("ix_unit_overturned", "opened_at", "ai_verdict != person_verdict"),
        _part("ix_unit_rejected", "opened_at", "person_verdict = 'reject'"),
        Index(
            "ix_unit_judged", "line_id", "person_verdict", "opened_at", sqlite_where=_JUDGED, postgresql_where=_JUDGED
        ),
    )
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    recipe_id: int = _to("recipe.id", index=False)
    serial: str = Field(sa_column=Column(_in_byte_order(), nullable=False))
    visit: int
    audited: bool
    audit_probability: float
    verdict: str | None = None
    by: str
    reason: str
    ai_verdict: str | None = None
    person_verdict: str | None = None
    model: str | None = None
    score: float | None = None
    simulated: bool = False
    rollout_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    opened_at: int = _time()
    settled_at: int | None = _time(null=True)


class ImageRow(SQLModel, table=True):
    """One captured frame, its quality figures, and the router's decision on it."""

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("line_id", "capture_id"),
        Index("ix_image_camera_view", "camera_id", "view", "id"),
        Index("ix_image_undecided", "decided_at", "received_at"),
    )
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    unit_id: int = _to("unit.id")
    camera_id: int = _to("camera.id", index=False)
    capture_id: str
    view: str
    sha256: str
    size: int
    media_type: str
    width: int
    height: int
    captured_at: int = _time()
    received_at: int = _time()
    skew_s: float = 0.0
    simulated: bool = False
    brightness: float | None = None
    contrast: float | None = None
    sharpness: float | None = None
    saturated: float | None = None
    mean: float | None = None
    black: float | None = None
    red: float | None = None
    blue: float | None = None
    noise: float | None = None
    picture: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    unfit: str | None = None
    policy_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    outcome: str | None = None
    reason: str = ""
    detail: str = _text()
    decided_at: int | None = _time(null=True)
    seen_by_person: bool = False


class SettingsRow(SQLModel, table=True):
    """What a camera says it was set to from an image on, where that differs from before."""

    __tablename__ = "camera_settings"
    __table_args__ = (Index("ix_settings_camera_view", "camera_id", "view", "at"),)
    id: int | None = _id()
    camera_id: int = _to("camera.id", index=False)
    view: str
    settings: str
    at: int = _time()


class PredictionRow(SQLModel, table=True):
    """One model's opinion on one image, or why there is none."""

    __tablename__ = "prediction"
    id: int | None = _id()
    image_id: int = _to("image.id")
    model: str
    score: float | None = None
    novelty: float | None = None
    novel: bool = False
    findings: str = _text("[]")
    heatmap: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    feature: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    part: float | None = None
    found: float | None = None
    milliseconds: float = 0.0
    failure: str | None = None
    detail: str = _text()
    at: int = _time()


class TaskRow(SQLModel, table=True):
    """A review that a person owes a unit. It can be done from `ready_at` on, and is given out by `due_at`."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_queue", "line_id", "state", "ready_at"),
        Index("ix_task_due", "due_at", sqlite_where=_NOT_CLOSED, postgresql_where=_NOT_CLOSED),
        Index("ix_task_line_due", "line_id", "due_at", sqlite_where=_NOT_CLOSED, postgresql_where=_NOT_CLOSED),
        Index("ix_task_line_opened", "line_id", "opened_at"),
        Index("ix_task_line_closed", "line_id", "closed_at"),
        _part("ix_task_held", "leased_by", "closed_at IS NULL AND leased_by IS NOT NULL"),
    )
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    unit_id: int = _to("unit.id")
    reason: str
    state: str = "open"
    opened_at: int = _time()
    ready_at: int = _time()
    due_at: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    lease: str | None = None
    leased_by: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    leased_until: int | None = _time(null=True)
    saw_ai: bool = False
    closed_at: int | None = _time(null=True)


class DoubtRow(SQLModel, table=True):
    """Somebody was unsure of a unit, and never gets it again; `saw_ai` is what they were shown, and may have noted."""

    __tablename__ = "doubt"
    __table_args__ = (Index("ix_doubt_unit", "unit_id", "person_id"), Index("ix_doubt_at", "at"))
    id: int | None = _id()
    unit_id: int = _to("unit.id", index=False)
    task_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    person_id: int = _to("person.id", index=False)
    note: str = _text()
    saw_ai: bool
    at: int = _time()


class BookRow(SQLModel, table=True):
    """A page of a line's book: an image that shows how a view looks on a good unit (`defect` is empty), or an example
    of a defect that `counts`, or of what looks like one and does not."""

    __tablename__ = "book"
    id: int | None = _id()
    line_id: int = _to("line.id")
    unit_id: int = _to("unit.id")
    image_id: int = _to("image.id", index=False)
    view: str
    defect: str = ""
    counts: bool = True
    words: str = _text()
    by: str
    at: int = _time()
    retired_at: int | None = _time(null=True)


class LabelRow(SQLModel, table=True):
    """A person's answer; only an effective one counts, late ones are kept as further opinions."""

    __tablename__ = "label"
    __table_args__ = (
        Index("ix_label_line_at", "line_id", "at"),
        Index("ix_label_line_id", "line_id", "id"),
    )
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    unit_id: int = _to("unit.id")
    task_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    person_id: int = _to("person.id")
    verdict: str
    defect_types: str = _text("[]")
    findings: str = _text("[]")
    note: str = _text()
    seconds: float = 0.0
    saw_ai: bool
    effective: bool
    simulated: bool = False
    at: int = _time()


class SampleRow(SQLModel, table=True):
    """A training image: of a good part, or with a defect of a type and, where they were drawn, its regions."""

    __tablename__ = "sample"
    __table_args__ = (UniqueConstraint("line_id", "view", "sha256"),)
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    view: str
    sha256: str
    name: str
    defect: str = _text()
    regions: str = _text("[]")
    group: str = _text()
    simulated: bool = False
    by: str
    at: int = _time()


class ModelRow(SQLModel, table=True):
    """A trained model of a line; `artefact` is its identity and its folder's name."""

    __tablename__ = "model"
    __table_args__ = (UniqueConstraint("line_id", "version"),)
    id: int | None = _id()
    line_id: int = _to("line.id")
    version: int
    artefact: str = Field(unique=True)
    manifest: str
    card: str = _text("{}")
    simulated: bool = False
    by: str
    at: int = _time()


class JobRow(SQLModel, table=True):
    """Work in the background, written in the transaction that caused it."""

    __tablename__ = "job"
    id: int | None = _id()
    line_id: int = _to("line.id")
    kind: str
    state: str = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = _text()
    by: str
    at: int = _time()
    claim: str | None = None
    claimed_until: int | None = _time(null=True)
    started_at: int | None = _time(null=True)
    ended_at: int | None = _time(null=True)
    stages: str = _text("[]")


class WindowRow(SQLModel, table=True):
    """Medians of one camera's view over a run of images, how many of them repeat a picture, how many serials between
    theirs it did not see, and what the chart said."""

    __tablename__ = "window"
    __table_args__ = (Index("ix_window_camera_view", "camera_id", "view", "id"), Index("ix_window_closed", "closed_at"))
    id: int | None = _id()
    line_id: int = _to("line.id")
    camera_id: int = _to("camera.id", index=False)
    recipe_id: int
    view: str
    last_image_id: int = Field(sa_column=Column(BigInteger, nullable=False, default=0))
    started_at: int = _time()
    ended_at: int = _time()
    closed_at: int | None = _time(null=True)
    images: int
    brightness: float
    contrast: float
    sharpness: float
    saturated: float
    mean: float | None = None
    black: float | None = None
    red: float | None = None
    blue: float | None = None
    noise: float | None = None
    repeated: int = 0
    missing: int | None = None
    ewma: float | None = None
    outside: str = _text("[]")
    light: str


class RelightRow(SQLModel, table=True):
    """A check of what a drift of light changes: the newest images of a camera's view, judged as they came and with the
    drift undone. `changes` are counts such as {"pass>refer": 3}, and `flips` the images, the most a page shows."""

    __tablename__ = "relight"
    __table_args__ = (
        Index("ix_relight_camera_view", "camera_id", "view", "id"),
        _part("ix_relight_waits", "id", "ended_at IS NULL"),
    )
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    camera_id: int = _to("camera.id", index=False)
    recipe_id: int
    view: str
    model: str
    by: str
    asked_at: int = _time()
    ended_at: int | None = _time(null=True)
    images: int = 0
    unanswered: int = 0
    changes: str = _text("{}")
    flips: str = _text("[]")
    problem: str = _text()


class BaselineRow(SQLModel, table=True):
    """What a healthy lamp looks like on one camera's view under one recipe; the newest counts."""

    __tablename__ = "baseline"
    __table_args__ = (Index("ix_baseline_camera_view", "camera_id", "view", "id"),)
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    camera_id: int = _to("camera.id", index=False)
    recipe_id: int
    view: str
    mean: float | None = None
    deviation: float | None = None
    windows: int = 0
    after_window_id: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))
    by: str
    reason: str = _text()
    at: int = _time()


class DriftReferenceRow(SQLModel, table=True):
    """What a model said at first of one camera's view under one recipe; the newest counts. While `images` is 0 it is
    being learned from the images after `after_image_id`; then the columns hold floats of 64 bits, in order of images,
    and features of 16 bits."""

    __tablename__ = "drift_reference"
    __table_args__ = (Index("ix_drift_reference_camera_view", "camera_id", "view", "id"),)
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    camera_id: int = _to("camera.id", index=False)
    recipe_id: int
    view: str
    model: str
    after_image_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    images: int = 0
    score: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    novelty: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    feature: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    by: str
    reason: str = _text()
    at: int = _time()


class DriftLookRow(SQLModel, table=True):
    """One look at how far a figure of a model has shifted from its reference. `histogram` are the newest images' scores
    in equal bins from 0 to 1, and `far` whether each of the last three looks found a large shift."""

    __tablename__ = "drift_look"
    __table_args__ = (
        Index("ix_drift_look_reference", "reference_id", "kind", "id"),
        Index("ix_drift_look_camera_view", "camera_id", "view", "id"),
        Index("ix_drift_look_line", "line_id", "at"),
    )
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    camera_id: int = _to("camera.id", index=False)
    view: str
    reference_id: int = _to("drift_reference.id", index=False)
    kind: str
    last_image_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    psi: float
    distance: float
    p: float
    reference: int
    newest: int
    state: str
    far: str = _text("[]")
    histogram: str = _text("[]")
    at: int = _time()


class AlarmRow(SQLModel, table=True):
    """Something a person must look at. While `state` is pending nobody was told; `cleared_at` is when it was resolved.
    Alarms of one kind that began within a few minutes are one group, named by its first."""

    __tablename__ = "alarm"
    __table_args__ = (
        _part("ix_alarm_standing", "line_id", "cleared_at IS NULL"),
        Index("ix_alarm_kind", "kind", "opened_at"),
    )
    id: int | None = _id()
    line_id: int = _to("line.id")
    kind: str
    subject: str
    text: str = _text()
    severity: str = Field(default="critical", sa_column=Column(String, nullable=False, server_default="critical"))
    state: str = Field(default="firing", sa_column=Column(String, nullable=False, server_default="firing"))
    since: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    active: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=true()))
    by_hand: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=true()))
    rule_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    group_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    opened_at: int = _time()
    acked_by: str | None = None
    acked_at: int | None = _time(null=True)
    shelved_by: str | None = None
    shelved_until: int | None = _time(null=True)
    reason: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    cleared_by: str | None = None
    cleared_at: int | None = _time(null=True)


class AlarmRuleRow(SQLModel, table=True):
    """When a figure of a line is an alarm. `last_value` is what it was when the rule was last asked, null where nothing
    could be said."""

    __tablename__ = "alarm_rule"
    id: int | None = _id()
    line_id: int = _to("line.id")
    figure: str
    comparison: str
    threshold: float
    hysteresis: float = 0.0
    hold_s: float = 0.0
    severity: str
    actions: str = _text("[]")
    by_hand: bool = False
    enabled: bool = True
    by: str
    reason: str = _text()
    at: int = _time()
    last_value: float | None = None
    last_at: int | None = _time(null=True)


class ReadingRow(SQLModel, table=True):
    """What a figure of a line was at a moment; kept every few minutes for some months."""

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_figure", "line_id", "figure", "at"),)
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    figure: str
    value: float
    at: int = _time(index=True)


class TallyRow(SQLModel, table=True):
    """Figures of a line (camera 0) or of a camera's view over a span from its start, both in seconds: a JSON object
    from name to [number, sum, least, greatest]."""

    __tablename__ = "tally"
    line_id: int = _part_of_key(ForeignKey("line.id"))
    span: int = _part_of_key()
    start: int = _part_of_key()
    camera_id: int = _part_of_key()
    view: str = Field(default="", primary_key=True)
    figures: str = _text("{}")


class TallyUntilRow(SQLModel, table=True):
    """Up to when, in seconds, all rows of a span are there."""

    __tablename__ = "tally_until"
    span: int = _part_of_key()
    until: int = _time()


class RequestRow(SQLModel, table=True):
    """What an alarm asks people to do, maintenance or retraining, until somebody says that it is done."""

    __tablename__ = "request"
    id: int | None = _id()
    line_id: int = _to("line.id")
    kind: str
    cause: str
    text: str = _text()
    alarm_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    at: int = _time()
    done_by: str | None = None
    done_at: int | None = _time(null=True)
    note: str = _text()


class HostRow(SQLModel, table=True):
    """A server that shares this database, when it was last seen, and the free share of its disk."""

    __tablename__ = "host"
    name: str = Field(primary_key=True)
    at: int = _time()
    disk_left: float


class ChannelRow(SQLModel, table=True):
    """A way to tell people of alarms. `url` and `key` are secrets, which no page, log or journal shows whole."""

    __tablename__ = "channel"
    id: int | None = _id()
    name: str = Field(unique=True)
    kind: str
    url: str = _text()
    key: str = _text()
    line_id: int | None = Field(default=None, sa_column=Column(BigInteger, ForeignKey("line.id"), nullable=True))
    least: str
    by: str
    at: int = _time()
    ok_at: int | None = _time(null=True)
    error: str = _text()
    failed: int = 0
    due_at: int = _time()


class MessageRow(SQLModel, table=True):
    """A message to a channel, written in the transaction of what it tells, until it is sent or given up."""

    __tablename__ = "message"
    __table_args__ = (_part("ix_message_due", "due_at", "ended_at IS NULL"), Index("ix_message_group", "group_id"))
    id: int | None = _id()
    channel_id: int = _to("channel.id")
    event: str
    line_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    group_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    text: str = _text()
    at: int = _time()
    due_at: int = _time()
    attempts: int = 0
    ended_at: int | None = _time(null=True)
    sent: bool = False


class CertificateRow(SQLModel, table=True):
    """What labels prove of a model on a line; `body` is the whole certificate. Never changed, but voided once."""

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("line_id", "number"),)
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    number: int
    model: str
    body: str = _text("{}")
    by: str
    at: int = _time()
    voided_at: int | None = _time(null=True)
    void_reason: str = _text()


class KnownRow(SQLModel, table=True):
    """A past unit of which it is known whether it is defective, to be mixed into inspectors' work."""

    __tablename__ = "known"
    id: int | None = _id()
    line_id: int = _to("line.id")
    unit_id: int = _to("unit.id")
    defective: bool
    reason: str = _text()
    by: str
    at: int = _time()
    retired_at: int | None = _time(null=True)


class ShowingRow(SQLModel, table=True):
    """A past unit in an inspector's hands, in place of the task that was due: under a serial of its own, as if it had
    come with that one. Either a known one, or one for a second reading after the label `label_id`, whose `truth`
    somebody settles where the two differ, or the look at a reported miss. `verdict` is empty without an answer."""

    __tablename__ = "showing"
    __table_args__ = (Index("ix_showing_person", "person_id", "instead_of"), Index("ix_showing_at", "at"))
    id: int | None = _id()
    unit_id: int = _to("unit.id")
    known_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    label_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    task_id: int = Field(sa_column=Column(BigInteger, unique=True, nullable=False))
    person_id: int = _to("person.id", index=False)
    instead_of: int = Field(sa_column=Column(BigInteger, nullable=False))
    serial: str
    opened_at: int = _time()
    dispute_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    verdict: str = ""
    defect_types: str = _text("[]")
    note: str = _text()
    seconds: float = 0.0
    at: int | None = _time(null=True)
    truth: str = ""
    truth_types: str = _text("[]")
    settled_by: str = ""
    settled_at: int | None = _time(null=True)


class DisputeRow(SQLModel, table=True):
    """A person's word against a unit's verdict: an opinion that came too late to count (`label_id`), or a reported
    miss. `claim` is what they say the unit is; `truth` is empty until somebody else has settled it."""

    __tablename__ = "dispute"
    __table_args__ = (Index("ix_dispute_open", "truth", "at"),)
    id: int | None = _id()
    line_id: int = _to("line.id")
    unit_id: int = _to("unit.id")
    kind: str
    person_id: int = _to("person.id", index=False)
    label_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    claim: str
    defect_types: str = _text("[]")
    reason: str = _text()
    at: int = _time()
    truth: str = ""
    truth_types: str = _text("[]")
    settled_by: str = ""
    settled_at: int | None = _time(null=True)


class StudyRow(SQLModel, table=True):
    """An attribute-agreement study: a fixed set of parts that some people judge in several rounds."""

    __tablename__ = "study"
    id: int | None = _id()
    line_id: int = _to("line.id")
    title: str
    rounds: int
    salt: str
    state: str
    by: str
    at: int = _time()
    ended_at: int | None = _time(null=True)


class StudyPartRow(SQLModel, table=True):
    """One part of a study: the unit, what it is in truth, and what the AI said of it as the study began."""

    __tablename__ = "study_part"
    __table_args__ = (UniqueConstraint("study_id", "unit_id"),)
    id: int | None = _id()
    study_id: int = _to("study.id", index=False)
    unit_id: int = _to("unit.id")
    truth: str
    ai: str = ""


class StudyPersonRow(SQLModel, table=True):
    """Somebody who judges in a study."""

    __tablename__ = "study_person"
    __table_args__ = (UniqueConstraint("study_id", "person_id"), Index("ix_study_person", "person_id"))
    id: int | None = _id()
    study_id: int = _to("study.id", index=False)
    person_id: int = _to("person.id", index=False)


class StudyJudgementRow(SQLModel, table=True):
    """What one person said of one part in one round."""

    __tablename__ = "study_judgement"
    __table_args__ = (UniqueConstraint("study_id", "person_id", "round", "part_id"),)
    id: int | None = _id()
    study_id: int = _to("study.id", index=False)
    person_id: int = _to("person.id", index=False)
    round: int
    part_id: int = _to("study_part.id", index=False)
    verdict: str
    seconds: float = 0.0
    at: int = _time()


class ProposalRow(SQLModel, table=True):
    """More freedom for the AI that one person has proposed and another must approve; `plan` is empty for a change at
    once."""

    __tablename__ = "proposal"
    id: int | None = _id()
    line_id: int = _to("line.id")
    expected: int
    terms: str = _text("{}")
    plan: str = _text()
    by: str
    reason: str = _text()
    override: bool = False
    at: int = _time()
    ended_at: int | None = _time(null=True)
    ended_by: str = ""
    outcome: str = ""


class GuardRow(SQLModel, table=True):
    """A watch over what blind labels say of a policy: the state of its e-process after each label."""

    __tablename__ = "guard"
    __table_args__ = (UniqueConstraint("line_id", "kind"),)
    id: int | None = _id()
    line_id: int = _to("line.id", index=False)
    kind: str
    key: str
    body: str = _text("{}")
    at: int = _time()
    begun_at: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))


class JournalRow(SQLModel, table=True):
    """One sealed change of state; never updated, never deleted."""

    __tablename__ = "journal"
    seq: int = Field(
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    )
    at: int = _time()
    subject: str = Field(sa_column=Column(_in_byte_order(), nullable=False, index=True))
    event: str
    actor: str
    before: str
    after: str
    reason: str = _text()
    facts: str = _text("{}")
    seal: str

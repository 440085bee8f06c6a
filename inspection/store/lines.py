"""Lines with their recipes, policies and cameras."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, case, func, insert, select, update

from inspection.core.level import Level
from inspection.core.line import Line, Recipe, Unknown
from inspection.core.moment import micros, moment
from inspection.core.policy import Policy, Terms
from inspection.store.records import CAMERA, LINE, POLICY, RECIPE, ROLLOUT, recipe_body, recipe_from
from inspection.store.transaction import Prepared, Tx, memory_of


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The policy that a rollout under way brings, and the percentage of units that it decides."""

    rollout_id: int
    salt: str
    weight: float
    policy_id: int
    policy: Policy


@dataclass(frozen=True, kw_only=True)
class LineInForce:
    """A line as it stands now: what it inspects and how it decides. `policy` is the stable one during a rollout."""

    id: int
    line: Line
    audit_salt: str
    recipe_id: int
    policy_id: int
    policy: Policy
    candidate: Candidate | None = None

    def deciding(self, rollout_id: int | None) -> "LineInForce":
        """The line as it decides a unit which that rollout has taken in: by the candidate, while it has any weight."""
        new = self.candidate
        if new is None or new.rollout_id != rollout_id or new.weight == 0:
            return self
        return replace(self, policy_id=new.policy_id, policy=new.policy)


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A device that may send images of one line."""

    id: int
    line_id: int
    line: str
    name: str
    simulated: bool


_TERMS = ("number", "level", "model", "pass_below", "reject_above", "audit_share", "deadline_ms")
_SIGNED = ("by", "reason", "override", "at")
_CANDIDATE = POLICY.alias("candidate")
_IN_FORCE = (
    select(
        LINE.c.id,
        LINE.c.name,
        LINE.c.title,
        LINE.c.place,
        LINE.c.safe_level,
        LINE.c.simulated,
        LINE.c.audit_salt,
        LINE.c.recipe_id,
        RECIPE.c.body,
        LINE.c.policy_id,
        *(POLICY.c[name] for name in (*_TERMS, *_SIGNED)),
        LINE.c.rollout_id,
        ROLLOUT.c.salt,
        ROLLOUT.c.weight,
        ROLLOUT.c.candidate_id,
        *(_CANDIDATE.c[name].label(f"new_{name}") for name in (*_TERMS, *_SIGNED)),
    )
    .join(RECIPE, RECIPE.c.id == LINE.c.recipe_id)
    .join(POLICY, POLICY.c.id == LINE.c.policy_id)
    .outerjoin(ROLLOUT, ROLLOUT.c.id == LINE.c.rollout_id)
    .outerjoin(_CANDIDATE, _CANDIDATE.c.id == ROLLOUT.c.candidate_id)
)


_BY_NAME = Prepared(_IN_FORCE.where(LINE.c.name == bindparam("name")))
_BY_ID = Prepared(_IN_FORCE.where(LINE.c.id == bindparam("line")))
_ALL = Prepared(_IN_FORCE.order_by(LINE.c.name))


def in_force(tx: Tx, name: str) -> LineInForce:
    """The line of that name with its recipe and policy; raises Unknown."""
    found = _remembered(tx, name)
    if found is None:
        rows = _BY_NAME.rows(tx, {"name": name})
        if not rows:
            raise Unknown(f"There is no line {name!r}. Look at the board for the lines there are, or add it.")
        found = _keep(tx, _line(rows[0]))
    return found


def in_force_by_id(tx: Tx, line_id: int) -> LineInForce:
    """The line of that id with its recipe and policy."""
    return _remembered(tx, line_id) or _keep(tx, _line(_BY_ID.rows(tx, {"line": line_id})[0]))


def _remembered(tx: Tx, key: str | int) -> LineInForce | None:
    memory = memory_of(tx)
    return None if memory is None else memory.lines.get(key)


def _keep(tx: Tx, line: LineInForce) -> LineInForce:
    memory = memory_of(tx)
    if memory is not None:
        memory.lines[line.id] = memory.lines[line.line.name] = line
    return line


def forget(tx: Tx) -> None:
    """What the group has read of lines no longer holds."""
    memory = memory_of(tx)
    if memory is not None:
        memory.lines.clear()


def all_in_force(tx: Tx) -> list[LineInForce]:
    """All lines, by name."""
    return [_line(row) for row in _ALL.rows(tx, {})]


def exists(tx: Tx, name: str) -> bool:
    """Whether a line has that name."""
    return tx.execute(select(LINE.c.id).where(LINE.c.name == name)).first() is not None


def add(tx: Tx, line: Line, terms: Terms, salt: str, by: str, now: datetime) -> int:
    """Add a line with its first recipe and policy; its id."""
    values = {
        "name": line.name,
        "title": line.title,
        "place": line.place,
        "safe_level": line.safe_level,
        "audit_salt": salt,
        "simulated": line.simulated,
        "created_at": micros(now),
    }
    line_id = int(tx.execute(insert(LINE).values(values).returning(LINE.c.id)).scalar_one())
    add_recipe(tx, line_id, line.recipe, by, now)
    add_policy(tx, line_id, terms, by, "The line was added.", override=False, now=now)
    return line_id


def add_recipe(tx: Tx, line_id: int, recipe: Recipe, by: str, now: datetime) -> int:
    """Put a recipe into force as the line's next one; its number."""
    last = tx.execute(select(func.max(RECIPE.c.number)).where(RECIPE.c.line_id == line_id)).scalar()
    values = {"line_id": line_id, "number": (last or 0) + 1, "body": recipe_body(recipe), "by": by, "at": micros(now)}
    recipe_id = tx.execute(insert(RECIPE).values(values).returning(RECIPE.c.id)).scalar_one()
    tx.execute(update(LINE).where(LINE.c.id == line_id).values(recipe_id=recipe_id))
    forget(tx)
    return int(values["number"])


def add_policy(tx: Tx, line_id: int, terms: Terms, by: str, reason: str, *, override: bool, now: datetime) -> int:
    """Put new terms into force as the line's next policy; its number."""
    policy_id, number = add_candidate(tx, line_id, terms, by, reason, override=override, now=now)
    put_into_force(tx, line_id, policy_id, now)
    return number


def add_candidate(
    tx: Tx, line_id: int, terms: Terms, by: str, reason: str, *, override: bool, now: datetime
) -> tuple[int, int]:
    """Add a policy that decides nothing yet; its id and its number."""
    last = tx.execute(select(func.max(POLICY.c.number)).where(POLICY.c.line_id == line_id)).scalar()
    number = int(last or 0) + 1
    values = {
        **terms.__dict__,
        "line_id": line_id,
        "number": number,
        "by": by,
        "reason": reason,
        "override": override,
        "at": micros(now),
    }
    return int(tx.execute(insert(POLICY).values(values).returning(POLICY.c.id)).scalar_one()), number


def put_into_force(tx: Tx, line_id: int, policy_id: int, now: datetime) -> None:
    """Let a policy decide what the line sees from now on."""
    tx.execute(update(POLICY).where(POLICY.c.id == policy_id).values(in_force_at=micros(now)))
    tx.execute(update(LINE).where(LINE.c.id == line_id).values(policy_id=policy_id))
    forget(tx)


def policies(tx: Tx, line_id: int, limit: int = 100) -> list[Policy]:
    """The line's policies that are or were in force, newest first."""
    was = POLICY.c.in_force_at.is_not(None)
    query = select(POLICY).where(POLICY.c.line_id == line_id, was).order_by(POLICY.c.number.desc()).limit(limit)
    return [_policy(row._mapping) for row in tx.execute(query)]


def policies_by_id(tx: Tx, line_id: int) -> dict[int, Policy]:
    """All of the line's policies by the ids of their rows, as images keep them."""
    query = select(POLICY).where(POLICY.c.line_id == line_id)
    return {row.id: _policy(row._mapping) for row in tx.execute(query)}


def policy(tx: Tx, policy_id: int) -> Policy:
    """The policy of that id."""
    return _policy(tx.execute(select(POLICY).where(POLICY.c.id == policy_id)).mappings().one())


def policy_number(tx: Tx, policy_id: int | None) -> int | None:
    """The number towards people of a policy's row."""
    return tx.execute(select(POLICY.c.number).where(POLICY.c.id == policy_id)).scalar()


def add_camera(tx: Tx, line_id: int, name: str, token: str, simulated: bool, now: datetime) -> None:
    """Add a camera, or give a known one a new token; one that was revoked is there since now."""
    values = {"token_sha256": token_hash(token), "simulated": simulated, "revoked_at": None}
    known = (CAMERA.c.line_id == line_id) & (CAMERA.c.name == name)
    since = case((CAMERA.c.revoked_at.is_(None), CAMERA.c.created_at), else_=micros(now))
    if tx.execute(update(CAMERA).where(known).values(**values, created_at=since)).rowcount == 0:
        tx.execute(insert(CAMERA).values(line_id=line_id, name=name, created_at=micros(now), **values))


def revoke_camera(tx: Tx, line_id: int, name: str, now: datetime) -> bool:
    """Take a camera's token away; whether it had one."""
    known = (CAMERA.c.line_id == line_id) & (CAMERA.c.name == name) & CAMERA.c.revoked_at.is_(None)
    return tx.execute(update(CAMERA).where(known).values(revoked_at=micros(now))).rowcount > 0


def camera_of(tx: Tx, token: str) -> Camera | None:
    """The camera that holds this token, unless it was revoked."""
    query = _CAMERAS.where((CAMERA.c.token_sha256 == token_hash(token)) & CAMERA.c.revoked_at.is_(None))
    row = tx.execute(query).one_or_none()
    return None if row is None else Camera(**row._mapping)


def camera_id(tx: Tx, line_id: int, name: str) -> int | None:
    """The id of a line's camera by its name, revoked or not."""
    return tx.execute(select(CAMERA.c.id).where(CAMERA.c.line_id == line_id, CAMERA.c.name == name)).scalar()


def find_camera(tx: Tx, line: str, name: str) -> Camera | None:
    """A line's camera by its name, unless it was revoked."""
    query = _CAMERAS.where(LINE.c.name == line, CAMERA.c.name == name, CAMERA.c.revoked_at.is_(None))
    row = tx.execute(query).one_or_none()
    return None if row is None else Camera(**row._mapping)


_CAMERAS: Select[tuple[int, int, str, str, bool]] = select(
    CAMERA.c.id, CAMERA.c.line_id, LINE.c.name.label("line"), CAMERA.c.name, CAMERA.c.simulated
).join(LINE, LINE.c.id == CAMERA.c.line_id)


def token_hash(token: str) -> str:
    """What is kept of a token: 256 random bits need no slow hash."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _line(r: dict[str, Any]) -> LineInForce:
    line = Line(
        name=r["name"],
        title=r["title"],
        place=r["place"],
        recipe=recipe_from(r["body"]),
        safe_level=Level(r["safe_level"]),
        simulated=bool(r["simulated"]),
    )
    candidate = None
    if r["rollout_id"] is not None:
        new = {name: r[f"new_{name}"] for name in (*_TERMS, *_SIGNED)}
        same = {name: r[name] for name in ("rollout_id", "salt", "weight")}
        candidate = Candidate(**same, policy_id=r["candidate_id"], policy=_policy(new))
    return LineInForce(
        id=r["id"],
        line=line,
        audit_salt=r["audit_salt"],
        recipe_id=r["recipe_id"],
        policy_id=r["policy_id"],
        policy=_policy(r),
        candidate=candidate,
    )


def _policy(r: RowMapping | dict[str, Any]) -> Policy:
    terms = {name: r[name] for name in _TERMS if name != "number"}
    signed = {name: r[name] for name in ("number", "by", "reason")}
    terms["level"] = Level(terms["level"])
    return Policy(terms=Terms(**terms), **signed, override=bool(r["override"]), at=moment(r["at"]))

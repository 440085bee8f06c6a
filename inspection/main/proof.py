"""The command 'jidoka proof'."""

from inspection.main.lines import Name
from inspection.main.users import DataDir, database


def proof(name: Name, data_dir: DataDir = None) -> None:
    """Tell what is proved on a line: its certificate or why there is none, what the next step up asks for, what its
    guards have seen, and the audit that would prove its limit each week."""
    from inspection.flow import ladder
    from inspection.flow.proof import proof as told_of
    from inspection.main.server import now

    with database(data_dir) as db, db.read() as tx:
        told = told_of(tx, name, now())
        level, conditions = ladder.next_step(tx, name, now())
    policy, override = told.policy, ", an override" if told.policy.override else ""
    print(f"{policy.terms.level} by policy {policy.number}{override}")
    if told.held is None:
        print(f"No certificate holds. {told.why}")
    else:
        made = told.held.certificate
        low, high = ("none" if side is None else f"{side:.4g}" for side in (made.pass_below, made.reject_above))
        print(
            f"Certificate {told.held.number} holds until {made.expires:%Y-%m-%d}: pass up to {low}, reject from {high}"
        )
    if level is not None:
        print(f"To go up to {level}:")
        for one in conditions:
            print(f"  {'met    ' if one.met else 'not met'}  {one.text}")
    for watch in told.watches:
        print(f"Guard {watch.kind}: {watch.events} in {watch.trials} audited units, limit {watch.limit:.2%}, "
              f"evidence {watch.evidence:.0%} of what lowers the line")  # fmt: skip
    if told.audit is not None:
        need, limits = told.audit, told.limits
        asked = f"escapes of at most {limits.escape:.2%} at {1 - limits.delta:.0%} each week"
        print(f"To prove {asked}: {need.labels} audited units without one, {need.share:.1%} of your traffic.")

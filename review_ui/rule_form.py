"""The form of an alarm rule, as typed: shares in per cent, times in minutes."""

from datetime import timedelta

from pydantic import BaseModel, Field

from inspection.core.alarm import InvalidAlarm, Severity
from inspection.core.rule import Action, Comparison, Rule
from inspection.store.reports.alarms import ALL_FIGURES
from review_ui.wording import number_typed


class RuleForm(BaseModel):
    """Every field of the form. `figure` and `comparison` are asked for where there is no rule yet."""

    figure: str = Field(default="", max_length=64)
    comparison: str = Field(default="above", max_length=16)
    threshold: str = Field(default="", max_length=32)
    hysteresis: str = Field(default="0", max_length=32)
    minutes: str = Field(default="0", max_length=32)
    severity: str = Field(default="warning", max_length=16)
    actions: list[str] = Field(default=[], max_length=4)
    by_hand: str = Field(default="", max_length=8)
    enabled: str = Field(default="", max_length=8)
    reason: str = Field(default="", max_length=2000)

    @classmethod
    def of(cls, rule: Rule | None) -> "RuleForm":
        """The form as it opens: with the rule as it stands, or with what a new one begins with."""
        if rule is None:
            return cls(actions=["notify"], enabled="yes")
        by = scale(rule.figure)
        return cls(
            figure=rule.figure, comparison=rule.comparison, threshold=f"{rule.threshold * by:.6g}",
            hysteresis=f"{rule.hysteresis * by:.6g}", minutes=f"{rule.hold.total_seconds() / 60:g}",
            severity=rule.severity, actions=[str(action) for action in rule.actions],
            by_hand="yes" if rule.by_hand else "", enabled="yes" if rule.enabled else "",
        )  # fmt: skip

    def rule(self, old: Rule | None = None) -> Rule:
        """The typed rule; raises InvalidAlarm or InvalidPolicy where a field cannot be read."""
        figure = old.figure if old else self.figure
        comparison = old.comparison if old else self.comparison
        threshold, back = number_typed(self.threshold, "threshold"), number_typed(self.hysteresis, "way back")
        minutes = number_typed(self.minutes, "time")
        known = set(self.actions) <= set(Action) and self.severity in tuple(Severity)
        if threshold is None or not known or comparison not in tuple(Comparison):
            raise InvalidAlarm("Give the rule a threshold, a severity and actions that there are.")
        by = scale(figure)
        return Rule(
            figure=figure, comparison=Comparison(comparison), threshold=threshold / by, hysteresis=(back or 0.0) / by,
            hold=timedelta(minutes=min(minutes or 0.0, 1e6)), severity=Severity(self.severity),
            actions=tuple(Action(one) for one in self.actions), by_hand=bool(self.by_hand), enabled=bool(self.enabled),
        )  # fmt: skip


def scale(figure: str) -> float:
    """What a figure's value is multiplied by in the form."""
    return 100.0 if figure in ALL_FIGURES and ALL_FIGURES[figure].unit == "share" else 1.0

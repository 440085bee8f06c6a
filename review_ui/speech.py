"""How a language writes what the product says: numbers, times, levels, and the messages of its rules."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from types import SimpleNamespace

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal

from inspection.core.level import FREEDOM, Freedom, Level
from review_ui import texts

NOTHING = "\u2013"
_SPANS = ((90, 1, "seconds"), (5400, 60, "minutes"), (129_600, 3600, "hours"))


@dataclass(frozen=True)
class Speech:
    """One language of the pages."""

    language: str

    @cached_property
    def words(self) -> SimpleNamespace:
        """Its catalogue."""
        return texts.catalogue(self.language)

    @cached_property
    def freedom(self) -> dict[Level, Freedom]:
        """The levels, with their titles and meanings in this language."""
        t = self.words.level
        return {
            level: replace(free, title=getattr(t, level), means=getattr(t, f"{level}_means"))
            for level, free in FREEDOM.items()
        }

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.words.language, sep="-")

    def number(self, value: float | None, digits: int | None = None) -> str:
        """A number with so many digits after the point; without that as many as it has, at most six."""
        if value is None:
            return NOTHING
        form = "#,##0.######" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, format=form, locale=self._locale))

    def share(self, value: float | None, digits: int = 1) -> str:
        """A part of one as per cent; a dash where there is nothing to speak of."""
        return NOTHING if value is None else f"{self.number(value * 100, digits)} %"

    def shares(self, value: float | None) -> str:
        """A small part of one as per cent."""
        return self.share(value, 2)

    def score(self, value: float | None) -> str:
        """A model's score from 0 to 1."""
        return self.number(value, 3)

    def span(self, seconds: float | None) -> str:
        """A length of time in the largest fitting unit, such as `4 min`."""
        if seconds is None:
            return NOTHING
        seconds = max(seconds, 0.0)
        per, unit = next(((per, unit) for limit, per, unit in _SPANS if seconds < limit), (86_400, "days"))
        return str(getattr(self.words.span, unit).format(n=self.number(seconds / per, 0)))

    def brief(self, seconds: float | None) -> str:
        """A time that machines take, from milliseconds on."""
        if seconds is None:
            return NOTHING
        if seconds < 1:
            return str(
                self.words.span.milliseconds.format(n=self.number(seconds * 1000, 1 if 0 < seconds < 0.01 else 0))
            )
        return str(self.words.span.seconds.format(n=self.number(seconds, 1))) if seconds < 90 else self.span(seconds)

    def figure(self, value: float | None, unit: str) -> str:
        """A figure kept over time, in its unit."""
        if value is None or unit == "share":
            return self.share(value)
        if unit in ("seconds", "milliseconds"):
            seconds = value / (1000 if unit == "milliseconds" else 1)
            return ("\u2212" if seconds < 0 else "") + self.brief(abs(seconds))
        return self.number(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3)

    def bytes(self, size: float | None) -> str:
        """A size in GB, or in MB where that is little."""
        if size is None:
            return NOTHING
        return f"{self.number(size / 1e9, 1)} GB" if size >= 1e9 else f"{self.number(size / 1e6, 0)} MB"

    def roughly(self, seconds: float) -> str:
        """A length of time as roughly as an estimate is known: `about 3 min`."""
        t = self.words.span
        if seconds < 10:
            return str(t.few_seconds)
        if seconds >= 129_600:
            return str(t.long)
        return str(t.about.format(span=self.span(round(seconds, -1) if seconds < 90 else seconds)))

    def stamp(self, at: datetime | None) -> str:
        """A moment where no script runs: in UTC. A script shows the browser's own time instead."""
        if at is None:
            return NOTHING
        return f"{at:%Y-%m-%d %H:%M:%S} UTC" if self.language == "en" else f"{self._stamp(at)} UTC"

    def _stamp(self, at: datetime) -> str:
        return str(format_datetime(at, "short", locale=self._locale))

    def said(self, message: object) -> str:
        """A message of a rule or a flow."""
        return texts.said(self.language, str(message))


@cache
def speech(language: str) -> Speech:
    """The language, English where there is none of that name."""
    return Speech(language if language in texts.LANGUAGES else "en")

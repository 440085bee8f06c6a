"""The knobs of the simulated line, which may be turned while it runs."""

import math
import threading

_RANGES: dict[str, tuple[float, float]] = {
    "lamp": (0.05, 2.0),
    "decay": (0.0, 0.05),
    "defect_rate": (0.0, 1.0),
    "pace": (0.1, 6000.0),
    "unfit": (0.0, 1.0),
    "lost": (0.0, 1.0),
    "repeated": (0.0, 1.0),
}
_SWITCHES = ("paused", "inspectors", "frozen")


class Controls:
    """Knobs: `lamp` is 1 as installed, `decay` is what it loses with each unit, `pace` is in units per minute, the
    others are shares of units. Switches: `paused`, `frozen` (the camera gives one picture for ever), `inspectors`."""

    def __init__(self, **values: float) -> None:
        self._lock = threading.Lock()
        self._state: dict[str, float | bool] = {
            "lamp": 1.0, "decay": 0.0, "defect_rate": 0.08, "pace": 24.0, "unfit": 0.0, "lost": 0.0, "repeated": 0.0,
            "paused": False, "inspectors": False, "frozen": False,
        }  # fmt: skip
        for name, value in values.items():
            self.set(name, value)

    def state(self) -> dict[str, float | bool]:
        """Every knob as it stands."""
        with self._lock:
            return dict(self._state)

    def set(self, name: str, value: float) -> None:
        """Turn one knob; raises ValueError, with words, for what it cannot take."""
        if name in _SWITCHES:
            setting: float | bool = bool(value)
        elif name in _RANGES:
            low, high = _RANGES[name]
            if not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} lies between {low:g} and {high:g}, not at {value}.")
            setting = float(value)
        else:
            raise ValueError(f"The simulated line has no knob {name!r}.")
        with self._lock:
            self._state[name] = setting

    def wear(self) -> None:
        """One more unit under the lamp: it loses its decay."""
        with self._lock:
            low = _RANGES["lamp"][0]
            self._state["lamp"] = max(low, float(self._state["lamp"]) * (1.0 - float(self._state["decay"])))

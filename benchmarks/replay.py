"""Past units decided again: decisions a second, estimates included, without the database."""

import time

from benchmarks.table import bar, show
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Prediction
from inspection.core.replay import PastImage, PastUnit, Replay, interval

BAR, UNITS, MODEL = 50_000, 20_000, "m"


def main() -> None:
    """Print decisions a second for one and for two views; a unit has as many decisions as views."""
    terms = Terms(level=Level.PARTIAL_AUTOMATION, model=MODEL, pass_below=0.3, reject_above=0.7)
    rows = []
    interval(1, 2, 0.05)  # imports scipy
    for views in (("top",), ("front", "back")):
        replay = Replay([_unit(i, views) for i in range(UNITS)])
        before = time.process_time()
        replay.under(terms)
        rate = UNITS * len(views) / (time.process_time() - before)
        rows.append((len(views), f"{rate:,.0f}", bar(rate >= BAR)))
    show(("views", "decisions/s", f"{BAR:,}/s"), rows)


def _unit(number: int, views: tuple[str, ...]) -> PastUnit:
    images = tuple(
        PastImage(
            image_id=number,
            view=view,
            unfit=None,
            policy=1,
            decision=None,
            opinions=(Prediction(model=MODEL, score=(number + k) % 100 / 100, novelty=0.1, novel=False),),
        )
        for k, view in enumerate(views)
    )
    settled = number % 100 < 30
    return PastUnit(
        label=str(number), views=views, images=images, audited=number % 20 == 0, probability=0.05, settled=settled,
        defective=None if settled and number % 20 else number % 100 > 90,
    )  # fmt: skip


if __name__ == "__main__":
    main()

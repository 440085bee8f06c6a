"""Cards of models, as trainings write them."""

from typing import Any


def suspect(sha256: str, name: str = "12b.png", score: float = 0.93) -> dict[str, Any]:
    """A good image that looks like a defect."""
    return {"name": name, "sha256": sha256, "score": score}


def view(**changes: Any) -> dict[str, Any]:
    """One view that learned from labels."""
    made: dict[str, Any] = {
        "height": 288, "width": 512, "pooled": True, "images": 48, "novelty_limit": 8.25,
        "held_out": {"images": 48, "median": 0.15, "q90": 0.31, "q99": 0.4, "highest": 0.42, "novelty_highest": 4.1},
        "defects": {"images": 12, "outlined": 9, "types": {"crack": 4, "scratch": 8}},
        "suspects": [], "types": ["crack", "scratch"], "warnings": ["The images have 2 different sizes."],
        "trials": [
            {"words": "288 x 512, pooled", "figures": {"auroc": 0.912}, "chosen": True, "ms": 12.4},
            {"words": "384 x 640, pooled", "figures": {"auroc": 0.914}, "chosen": False, "ms": 21.9},
        ],
        "trials_reason": "288 x 512 is as good as any and takes half the time.",
        "labels": {
            "defects": 12, "outlined": 9, "types": ["crack", "scratch"], "mix": {"tuned": 1.0, "kernel": 1.0},
            "reason": "tuned + kernel: AUROC 0.981 on held-out images, of 2 mixes tried.", "device": "cpu",
            "trials": [
                {"mix": "tuned + kernel", "auroc": 0.9812, "recall_5": 0.9, "chosen": True},
                {"mix": "anomaly", "auroc": 0.871, "recall_5": 0.4, "chosen": False},
            ],
            "reliability": [
                {"from": 0.0, "to": 0.1, "images": 40, "score": 0.04, "defective": 0.02},
                {"from": 0.5, "to": 0.6, "images": 6, "score": 0.55, "defective": 0.6},
                {"from": 0.9, "to": 1.0, "images": 14, "score": 0.97, "defective": 0.99},
            ],
        },
    }  # fmt: skip
    return dict(sorted({**made, **changes, "held_out": dict(sorted(made["held_out"].items()))}.items()))


def learned(**of_view: Any) -> dict[str, Any]:
    """The card of a model of the view front."""
    return {
        "kind": "learned", "name": "phones-1234", "seed": 0, "precision": "f32", "images": 60,
        "backbone": {"name": "efficientnet-lite0", "sha256": "5" * 64}, "pass_below": 0.2, "reject_above": 0.61,
        "views": {"front": view(**of_view)},
    }  # fmt: skip


def foreign() -> dict[str, Any]:
    """The card of a model made elsewhere, which lacks most."""
    facts = {"height": 256, "width": 256, "curve": {"middle": 0.5, "width": 0.1}, "novelty_limit": 1.0, "parity": []}
    return {
        "kind": "foreign", "name": "theirs", "runtime": "onnxruntime", "precision": "f32", "source": "6" * 64,
        "input": {}, "output": {}, "images": 0, "pass_below": None, "reject_above": None,
        "views": {"front": facts, "back": facts}, "warnings": ["This model was made elsewhere."],
    }  # fmt: skip

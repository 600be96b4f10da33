"""What could still explain a result, and what the design does about it: the `assumptions_json` of every row."""

from __future__ import annotations

import json

from throughline.statistics.row import ImpactRow

# threat -> (what it is, method -> what stands against it; "" is for every method not named)
THREATS: dict[str, tuple[str, dict[str, str]]] = {
    "reverse_causality": (
        "hot deals attract messages and a win fills the channel after the close",
        {"": "exposure is counted strictly before the outcome", "landmark": "exposure ends on the landmark day"},
    ),
    "selection": (
        "keen teams go first",
        {
            "": "each unit is compared with its own past",
            "landmark": "strata of segment, amount and creation quarter; E-value",
            "randomised": "the lot decides; sample ratio checked",
        },
    ),
    "measurement": (
        "teams that talk also log deals better",
        {"": "deal creation and field completeness are placebo outcomes"},
    ),
    "spillover": ("controls read the same spaces", {"": "clusters follow the space; mixed ones are left out"}),
    "season": (
        "quarter ends and seasons",
        {"": "both groups share every period", "landmark": "compared within the creation quarter"},
    ),
    "anticipation": ("people act before the start", {"": "periods of anticipation are set apart as declared"}),
    "simultaneous_programmes": ("a new tool or price at the same time", {"": "known events stand beside the result"}),
    "regression_to_the_mean": ("extremes move back by themselves", {"": "baseline bands are frozen at the start"}),
}


def assumptions_json(row: ImpactRow) -> str:
    """JSON object threat -> {threat, answer} for the row's method; keys sorted, so equal rows give equal bytes."""
    listed = {
        name: {"threat": threat, "answer": answers.get(row.method, answers[""])}
        for name, (threat, answers) in THREATS.items()
    }
    return json.dumps(listed, sort_keys=True, ensure_ascii=False)

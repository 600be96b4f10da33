"""What could still explain a result, and what the design does about it: the `assumptions_json` of every row."""

from __future__ import annotations

import json
from collections.abc import Mapping

from throughline.statistics.row import ImpactRow

# threat -> (what it is, method -> what stands against it, or that nothing does; "" is for every method not named)
THREATS: dict[str, tuple[str, dict[str, str]]] = {
    "reverse_causality": (
        "hot deals attract messages and a win fills the channel after the close",
        {"": "teams are compared, not deals with messages", "landmark": "exposure ends on the landmark day"},
    ),
    "selection": (
        "keen teams go first",
        {
            "": "each team is compared with its own past",
            "landmark": "strata of amount and creation quarter; E-value; what makes a deal worth a word stays open",
            "randomised": "the lot decides; sample ratio checked",
        },
    ),
    "measurement": ("teams that talk also log deals better", {"": "not ruled out: no placebo outcome is checked"}),
    "spillover": ("controls read the same spaces", {"": "not ruled out: whoever can read a space may learn from it"}),
    "season": (
        "quarter ends and seasons",
        {"": "both groups share every period", "landmark": "compared within the creation quarter"},
    ),
    "anticipation": ("people act before the start", {"": "periods of anticipation are left out as declared"}),
    "simultaneous_programmes": (
        "a new tool or price at the same time",
        {
            "": "teams of other purposes are no controls; tools and prices are not known here",
            "landmark": "both groups work under the same ones",
        },
    ),
    "regression_to_the_mean": (
        "extremes move back by themselves",
        {"": "the periods before the start are shown one by one", "landmark": "no group is chosen by its past"},
    ),
    "looks": (
        "who looks often enough finds something",
        {"": "the interval holds for one look", "sequential": "the interval holds at every look"},
    ),
}


def assumptions_json(row: ImpactRow, counts: Mapping[str, int] | None = None) -> str:
    """JSON object: threat -> {threat, answer} for the row's method, and counts: what was left out and how often.

    Keys are sorted, so equal rows give equal bytes.
    """
    listed: dict[str, object] = {
        name: {"threat": threat, "answer": answers.get(row.method) or answers.get(row.ci_kind, answers[""])}
        for name, (threat, answers) in THREATS.items()
    }
    return json.dumps(listed | ({"counts": dict(counts)} if counts else {}), sort_keys=True, ensure_ascii=False)

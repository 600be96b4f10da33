"""The page of a brief: plain HTML with its style and chart inside, nothing loaded from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from throughline.brief.chart import chart

Rows = list[tuple[str, str | None]]
FOUND: Final = "Found, beside what a careless comparison would say"
STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:46rem;margin:2.5rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .3rem}h2{font-size:1rem;margin:1.8rem 0 .4rem;color:#555}
.claim{border-left:6px solid #1f5f8b;background:#f3f6f9;padding:.9rem 1.2rem;font-size:1.1rem;margin:1.2rem 0}
.claim.harm,.claim.refused{border-color:#a33}.claim.inconclusive,.claim.association_only{border-color:#b8860b}
.verdict{font-weight:700;display:block}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #e3e3e3;vertical-align:top;font-weight:400}
th{color:#555;width:12rem}svg{max-width:100%;height:auto}footer,.quiet{color:#666;font-size:.85rem}
@media print{body{margin:0;max-width:none}}
"""
VERDICTS: Final = {
    "supported": "Supported",
    "harm": "It moved the wrong way",
    "association_only": "An association, no more",
    "null_supported": "No difference worth having",
    "inconclusive": "Inconclusive",
    "refused": "No statement",
    None: "Not evaluated",
}
CHASM: Final = {
    "before": "before the chasm: fewer than 16 % of the organisation have adopted",
    "in_chasm": "in the chasm: around 16 % of the organisation, or carried by few units",
    "crossed": "across the chasm: the early majority has begun",
}

NEIGHBOURS: Final = {
    "sourced": "Named up to 90 days before a deal began",
    "assisted": "Named between its beginning and its close",
    "suspected": "Five contributions in its account's spaces",
    "range": "So far apart are they",
}
HIDDEN: Final = {
    "not_observable": "no source shows it",
    "below_k": "too few owners",
    "complementary": "it would reveal a group too small to be shown",
    "dominance": "two owners hold nearly all of it",
}
GROWTH: Final = {
    "growing": "growing: more of those left adopt each week",
    "falling": "falling: fewer of those left adopt each week",
    "undetermined": "not known to grow or to fall",
}


def page(facts: dict[str, Any]) -> str:
    """One whole HTML document. Every text is escaped."""
    title, above = heading(facts)
    claim, result = facts["claim"], facts["result"]
    word = f"<span class=verdict>{_text(verdict(claim))}</span> " if verdict(claim) else ""
    drawn = chart(result) if result else ""
    parts = [
        f"<p class=quiet>{_text(above)}</p>",
        f"<h1>{_text(title)}</h1>",
        f'<div class="claim {_text(claim["verdict"])}">{word}{_text(claim["sentence"])}</div>',
        *(
            (f"<h2>{_text(name)}</h2>{drawn}" if drawn else "") if name == FOUND else _table(name, rows)
            for name, rows in sections(facts)
        ),
        f"<footer><p>{_text(footer(facts))}</p></footer>",
    ]
    head = (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        f"<title>{_text(title)}</title><style>{STYLE}</style></head>"
    )
    return head + "<body>\n" + "\n".join(part for part in parts if part) + "\n</body></html>\n"


def heading(facts: dict[str, Any]) -> tuple[str, str]:
    """(title, the small line above it)."""
    purpose = facts["purpose"]
    return purpose["title"] or purpose["purpose_id"], f"{purpose['org_goal'] or ''} · {purpose['stage'] or ''}"


def verdict(claim: dict[str, Any]) -> str:
    """The verdict in a word, where the sentence does not begin with it."""
    word = VERDICTS[claim["verdict"]]
    return "" if claim["sentence"].startswith(word) else word


def sections(facts: dict[str, Any]) -> list[tuple[str, Rows]]:
    """The page's tables, in order: title, and rows of (name, value); FOUND is where the chart stands."""
    claim, result = facts["claim"], facts["result"]
    where = [
        ("The organisation is", CHASM.get(claim["chasm_status"])),
        ("16 % have adopted", _crossing(claim)),
        ("Adoption is", GROWTH.get(claim["growth"])),
        ("Next step", claim["next_step"]),
    ]
    return [
        ("The goal", _goal(facts["purpose"], facts["outcome"])),
        (FOUND, []),
        ("The evidence", _evidence(result) + _calibration(facts["calibration"]) if result else []),
        ("Money in its neighbourhood: an association, not lift", _influence(facts["influence"])),
        ("The same question at other landmark days, and further outcomes", _others(facts["others"])),
        ("What could still explain it", _threats(result) if result else []),
        ("Where it stands", where),
    ]


def footer(facts: dict[str, Any]) -> str:
    """What every output says, and what it is made of."""
    registered, result = (facts["purpose"]["first_registered_at"] or "")[:10], facts["result"]
    fingerprint = f"; input {result['input_fingerprint'][:12]}" if result else ""
    until = facts["claim"]["data_until_date"] or ""
    return f"Not for decisions about individual employees. Data until {until}; registered {registered}{fingerprint}."


def _goal(purpose: dict[str, Any], outcome: dict[str, Any]) -> Rows:
    unit = outcome["unit_of_measure"]
    shown = f" ({outcome['value_shown']})" if outcome["value_shown"] else ""
    interval = _interval(outcome["current_ci_low"], outcome["current_ci_high"], unit)
    target = f"{_number(outcome['target_value'], unit)} by {outcome['target_by_date']}"
    return [
        ("Asked", f"{outcome['question']}{shown}" if outcome["question"] else "no outcome is declared"),
        ("Before", _number(outcome["baseline_value"], unit)),
        ("Target", target if outcome["target_value"] is not None else None),
        ("Now", f"{_number(outcome['current_value'], unit)}{interval}, n = {outcome['current_n'] or 0:,}"),
        ("Worth having", _number(outcome["min_effect_of_interest"], unit, is_difference=True)),
        ("Sponsor, owner", ", ".join(filter(None, (purpose["sponsor_role"], purpose["owner_role"])))),
        ("Since", purpose["start_date"]),
        ("Teams", purpose["org_units"]),
    ]


def _evidence(result: dict[str, Any]) -> Rows:
    unit = result["unit"]
    sizes = f"{result['n_units_t'] or 0:,} against {result['n_units_c'] or 0:,} deals"
    if result["n_clusters_t"] is not None:
        sizes += f" of {result['n_clusters_t']} and {result['n_clusters_c']} teams"
    return [
        ("Compared", f"{result['contrast']}; controls: {result['control_group'] or 'none'}"),
        ("Difference", _with_interval(result, "")),
        ("n", sizes if result["n_units_t"] is not None else "too few to show"),
        ("Could find", _number(result["mde_80"], unit, is_difference=True) + " or more" if result["mde_80"] else None),
        ("Careless comparison", _with_interval(result, "naive_")),
        ("Against it", ", ".join(result["refusal_codes"]) or "no guard rail was touched"),
    ]


def _influence(found: dict[str, Any] | None) -> Rows:
    """Three definitions side by side; nothing where none of them can be shown."""
    if not found or all(found[kind] is None for kind in NEIGHBOURS):
        return []
    unit = "" if found["currency"] == "_single" else found["currency"] or ""
    shown = {
        kind: "not shown: " + HIDDEN.get(found[f"{kind}_suppressed_reason"], "too few deals")
        if found[kind] is None
        else f"{found[kind]:,.0f} {unit}".strip()
        for kind in NEIGHBOURS
    }
    return [*((words, shown[kind]) for kind, words in NEIGHBOURS.items()), ("n", f"{found['n']:,} deals")]


def _calibration(rows: list[dict[str, Any]]) -> Rows:
    """How often the method finds something where there is nothing; what could not be drawn stays in the table."""
    shown = [row["sentence"] for row in rows if row["false_alarm_share"] is not None]
    return [("On your own past", " ".join(shown or [row["sentence"] for row in rows[:1]]))]


def _others(results: list[dict[str, Any]]) -> Rows:
    return [
        (f"{result['outcome']}, {result['contrast']}", _with_interval(result, "") or "no statement")
        for result in results
    ]


def _crossing(claim: dict[str, Any]) -> str | None:
    """When 16 % of the organisation are reached, in words: seen, a range, or why nothing is forecast."""
    earliest, latest = claim["t16_earliest_date"], claim["t16_latest_date"]
    if claim["t16_status"] == "reached":
        return f"since {earliest}"
    if claim["t16_status"] == "refused":
        return f"no forecast: {claim['t16_refusal_reason']}"
    if claim["t16_status"] != "forecast":
        return None
    if earliest is None:
        return "not within ten years, if it spreads as so far"
    until = f"and {latest}" if latest else "and some day beyond ten years"
    return f"between {earliest} {until}, if it spreads as so far (60 to 100 % adopt in the end)"


def _threats(result: dict[str, Any]) -> Rows:
    threats = [one for one in result["threats"].values() if "threat" in one]
    return [(one["threat"], one["answer"]) for one in threats]


def _with_interval(result: dict[str, Any], stem: str) -> str | None:
    value = result[f"{stem}estimate"]
    if value is None:
        return None
    sign = "−" if value < 0 else "+"
    interval = _interval(result[f"{stem}ci_low"], result[f"{stem}ci_high"], result["unit"])
    return f"{sign}{_number(abs(value), result['unit'], is_difference=True)}{interval}"


def _interval(low: float | None, high: float | None, unit: str) -> str:
    if low is None or high is None:
        return ""
    factor = 100 if unit == "share" else 1
    return f" (95 % interval {factor * low:.1f} to {factor * high:.1f})".replace("-", "−")


def _number(value: float | None, unit: str, *, is_difference: bool = False) -> str:
    if value is None:
        return "not known"
    if unit == "share":
        return f"{100 * value:.1f} {'percentage points' if is_difference else '%'}"
    return f"{value:,.1f} {unit or ''}".strip()


def _table(title: str, rows: Rows) -> str:
    body = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in rows if value)
    return f"<h2>{_text(title)}</h2><table>{body}</table>" if body else ""


def _text(value: Any) -> str:
    return escape("" if value is None else str(value))

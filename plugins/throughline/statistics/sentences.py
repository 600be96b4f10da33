"""One plain sentence per result, chosen by verdict and claim level: prose cannot outrun the evidence.

WORD_LEVEL names the words that may appear only from a level on; tests hold every template against it.
"""

from __future__ import annotations

from throughline.statistics.row import ImpactRow

WORD_LEVEL = {
    "effect": "consistent_with_effect",
    "caused": "caused",
    "increased": "caused",
    "decreased": "caused",
}
REASONS = {
    "UNKNOWN_DESIGN": "the declared design is none that can be evaluated",
    "UNKNOWN_METRIC": "the declared outcome is no metric that a design can be judged by",
    "INCOMPLETE": "the purpose names no start date or no teams",
    "NO_ESTIMATE": "no estimate could be computed from the data",
    "MIN_COHORT": "a group is too small",
    "FEW_CLUSTERS": "too few teams or accounts carry the comparison",
    "FEW_EVENTS": "too few outcomes have happened",
    "EXPOSURE_AFTER_LANDMARK": "some collaboration was counted after the landmark day",
    "EXPOSURE_AFTER_OUTCOME": "some collaboration was counted after the outcome",
    "NO_PRE_PERIODS": "too few periods before the start to see whether the groups moved alike",
    "PRETREND_FAIL": "the groups moved apart before the start",
    "PRETREND_BLIND": "a drift before the start could have gone unseen",
    "BREAKDOWN": "a jump as large as the worst one before the start could explain it",
    "UNDERPOWERED": "the data are too few for the smallest change worth having",
    "MULTIPLICITY": "it does not hold among all the declared outcomes",
    "PEEKING": "the data were looked at before the end without an interval made for that",
    "SRM": "the lot did not give the planned shares",
    "ATTRITION": "many units dropped out, or more in one group",
    "OVERLAP": "many of the exposed have nobody comparable",
    "HETEROGENEITY": "strata differ: read them one by one",
    "HEAVY_TAIL": "a few very large values decide it",
    "SENSITIVITY": "a weak hidden difference between the groups could explain it",
    "NOT_REGISTERED": "the design was declared or changed after the first outcomes",
    "STALE": "the data end before the window does",
    "BASS_UNSTABLE": "the adoption curve allows no forecast",
}


def number(value: float | None, unit: str) -> str:
    """A size without sign. Shares are shown in percentage points, everything else with three digits and its unit."""
    size = abs(value or 0.0)
    if unit == "share":
        return f"{100 * size:.1f} percentage points"
    return f"{size:,.0f} {unit}" if size >= 1000 else f"{size:.3g} {unit}"


def _signed(value: float | None, unit: str) -> str:
    shown = f"{100 * (value or 0.0):+.1f}" if unit == "share" else f"{value or 0.0:+.3g}"
    return "0" + shown[2:] if float(shown) == 0 else shown.replace("-", "−")


def _interval(row: ImpactRow) -> str:
    kind = "" if row.ci_kind == "fixed" else "always-valid "
    return f"{row.ci_level:.0%} {kind}interval {_signed(row.ci_low, row.unit)} to {_signed(row.ci_high, row.unit)}"


def _difference(row: ImpactRow) -> str:
    """ "<outcome> is 3.1 percentage points higher in <arm> than in <arm> (interval; n)"."""
    first, _, second = row.contrast.partition(" minus ")
    side = "higher" if (row.estimate or 0.0) > 0 else "lower"
    where = f"in {first} than in {second}" if second else f"({row.contrast})"
    counts = f"{row.n_units_t:,} against {row.n_units_c:,}"
    return f"{row.outcome} is {number(row.estimate, row.unit)} {side} {where} ({_interval(row)}; {counts})"


def _reasons(row: ImpactRow) -> str:
    return "; ".join(REASONS[code] for code in row.refusal_codes)


def _but(row: ImpactRow) -> str:
    return f" Against it: {_reasons(row)}." if row.refusal_codes else ""


def sentence(row: ImpactRow) -> str:
    """The sentence of one row, from its verdict, claim level and codes."""
    return _TEMPLATES[row.verdict](row)


def _refused(row: ImpactRow) -> str:
    return f"No statement about {row.outcome}: {_reasons(row) or REASONS['NO_ESTIMATE']}."


def _shown(row: ImpactRow) -> str:
    small = ""
    if row.min_effect_of_interest is not None and abs(row.estimate or 0.0) < abs(row.min_effect_of_interest):
        small = f" It is smaller than the {number(row.min_effect_of_interest, row.unit)} worth having."
    if row.claim_level == "caused":
        side = "increased" if (row.estimate or 0.0) > 0 else "decreased"
        head = f"Drawn by lot, the programme caused a difference: it {side} {row.outcome}; {_difference(row)}."
    else:
        head = f"Consistent with an effect of the programme: {_difference(row)}."
    return head + small + _but(row)


def _harm(row: ImpactRow) -> str:
    return f"Against the declared direction. {_shown(row)}"


def _association(row: ImpactRow) -> str:
    exaggerated = " The size is likely exaggerated." if "UNDERPOWERED" in row.refusal_codes else ""
    return f"Associated, with other explanations still open: {_difference(row)}.{exaggerated}{_but(row)}"


def _null(row: ImpactRow) -> str:
    what = "effect on" if row.method == "randomised" else "difference in"
    return f"No {what} {row.outcome} larger than {number(row.min_effect_of_interest, row.unit)} ({_interval(row)})."


def _inconclusive(row: ImpactRow) -> str:
    found = f" Only a difference of {number(row.mde_80, row.unit)} or more would be found reliably."
    return f"Inconclusive: {_difference(row)}.{found if row.mde_80 is not None else ''}{_but(row)}"


_TEMPLATES = {
    "refused": _refused,
    "supported": _shown,
    "harm": _harm,
    "association_only": _association,
    "null_supported": _null,
    "inconclusive": _inconclusive,
}

"""The brief says what the published tables say, and nothing else; the same data give the same bytes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from throughline import brief
from throughline.brief.page import page, sections
from throughline.brief.sheet import pdf, svg, wrapped
from throughline.settings import Settings
from throughline.source import Refused

SENTENCE = "Consistent with an effect of the programme: C1b_180 is 12.8 percentage points higher in A than in B."
SCORE: dict[str, Any] = {
    "purpose_id": "handover", "metric_id": "C1b_180", "unit_of_measure": "share", "baseline_value": 0.26,
    "target_value": 0.38, "target_by_date": date(2026, 12, 31), "current_value": 0.39, "current_ci_low": 0.35,
    "current_ci_high": 0.43, "current_n": 486, "min_effect_of_interest": 0.1, "claim_level": "consistent_with_effect",
    "verdict": "supported", "sentence": SENTENCE, "next_step": "take it to the sponsor", "chasm_status": None,
    "data_until_date": date(2026, 6, 28), "growth": None, "t16_status": None, "t16_earliest_date": None,
    "t16_latest_date": None, "t16_refusal_reason": None,
}  # fmt: skip
PURPOSE: dict[str, Any] = {
    "purpose_id": "handover", "title": "Hand over <in> the open", "stage": "scaled", "org_goal": "G3-retention",
    "sponsor_role": "Head of Operations", "owner_role": "Lead", "org_units": "North; South",
    "start_date": date(2025, 7, 1), "first_registered_at": datetime(2025, 6, 10, 6, tzinfo=UTC).replace(tzinfo=None),
}  # fmt: skip
RESULT: dict[str, Any] = {
    "design_id": "handover:C1b_180:did", "purpose_id": "handover", "outcome": "C1b_180", "stratum": "", "is_main": True,
    "method": "did", "contrast": "treated teams minus other teams", "control_group": "teams in no purpose",
    "unit": "share", "estimate": 0.128, "ci_low": 0.075, "ci_high": 0.181, "ci_level": 0.95, "naive_estimate": 0.16,
    "naive_ci_low": 0.07, "naive_ci_high": 0.25, "n_units_t": 1627, "n_units_c": 1742, "n_clusters_t": 8,
    "n_clusters_c": 8, "window_start": date(2025, 7, 1), "window_end": date(2026, 6, 27), "mde_80": 0.0746,
    "min_effect_of_interest": 0.1, "claim_level": "consistent_with_effect", "verdict": "supported",
    "sentence": SENTENCE, "is_registered": True, "input_fingerprint": "f" * 64, "refusal_codes": "",
    "landmark_days": None, "assumptions_json": '{"season": {"threat": "quarter ends", "answer": "same periods"}}',
}  # fmt: skip
REFUSED = RESULT | dict.fromkeys(("estimate", "ci_low", "ci_high", "naive_estimate", "naive_ci_low", "naive_ci_high"))
REFUSED |= {
    "verdict": "refused",
    "claim_level": "none",
    "sentence": "No statement: too few teams.",
    "refusal_codes": "FEW_CLUSTERS",
}


CALIBRATED: dict[str, Any] = {
    "design_id": "handover:C1b_180:did", "purpose_id": "handover", "is_main": True, "check_name": "placebo_start",
    "draws": 1000, "false_alarm_share": 0.055, "covered_share": 0.945, "found_share": 0.6,
    "sentence": "On its own past this method cries wolf 5.5 times in 100.",
}  # fmt: skip


OUTCOME: dict[str, Any] = {
    "purpose_id": "handover", "unit_type": "population", "period_grain": "since_start", "currency": "EUR",
    "influence_sourced": None, "influence_sourced_n": None, "influence_sourced_suppressed_reason": "below_k",
    "influence_assisted": Decimal("1234567.80"), "influence_assisted_n": 1035,
    "influence_assisted_suppressed_reason": None,
    "influence_suspected": None, "influence_suspected_n": 0, "influence_suspected_suppressed_reason": "not_observable",
    "influence_range": None, "influence_range_n": 0, "influence_range_suppressed_reason": "not_observable",
}  # fmt: skip


class Published:
    """A warehouse that holds these rows."""

    def __init__(self, **tables: list[dict[str, Any]]) -> None:
        self.tables = {
            "dim_metric": [{"metric_id": "C1b_180", "question": "How many are won?", "value_shown": "180 d"}],
            "kpi_outcome": [OUTCOME, OUTCOME | {"period_grain": "month", "influence_assisted": Decimal("7.00")}],
            "kpi_calibration": [CALIBRATED, CALIBRATED | {"purpose_id": "other", "sentence": "Not of this purpose."}],
        }
        self.tables |= tables

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        rows = self.tables[sql.split('"')[1]]
        return list(rows[0]) if rows else [], [tuple(row.values()) for row in rows]


def said(
    result: dict[str, Any] | None = RESULT, crossing: dict[str, Any] | None = None, **score: Any
) -> dict[str, Any]:
    whole = dict.fromkeys(SCORE) | {"purpose_id": "_org", "chasm_status": "in_chasm"} | (crossing or {})
    tables = Published(
        kpi_scorecard=[SCORE | score, whole], dim_purpose=[PURPOSE], kpi_impact=[result] if result else []
    )
    return brief.facts(tables, "handover")  # type: ignore[arg-type]


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", html, flags=re.S))


@pytest.mark.parametrize(
    ("crossing", "words_of_it"),
    [
        ({"t16_status": "reached", "t16_earliest_date": date(2025, 4, 21)}, "16 % have adopted since 2025-04-21"),
        (
            {
                "t16_status": "forecast",
                "t16_earliest_date": date(2027, 1, 4),
                "t16_latest_date": date(2027, 3, 1),
                "growth": "undetermined",
            },
            "16 % have adopted between 2027-01-04 and 2027-03-01, if it spreads as so far (60 to 100 % adopt in the "
            "end) Adoption is not known to grow or to fall",
        ),
        (
            {"t16_status": "forecast", "t16_earliest_date": date(2027, 1, 4)},
            "16 % have adopted between 2027-01-04 and some day beyond ten years, if",
        ),
        (
            {"t16_status": "refused", "t16_refusal_reason": "fewer than 8 periods"},
            "16 % have adopted no forecast: fewer than 8 periods",
        ),
    ],
    ids=["reached", "range", "open range", "refused"],
)
def test_the_page_says_when_the_organisation_crosses_or_why_nobody_can_tell(
    crossing: dict[str, Any], words_of_it: str
) -> None:
    text = " ".join(words(page(said(crossing=crossing))).split())
    assert words_of_it in text and "None" not in text


def test_the_page_holds_goal_target_sentence_interval_n_chart_and_chasm() -> None:
    html = page(said())
    text = words(html)
    for part in ("G3-retention", "38.0 % by 2026-12-31", SENTENCE, "in the chasm",
                 "+12.8 percentage points (95 % interval 7.5 to 18.1)",
                 "1,627 against 1,742 deals of 8 and 8 teams", "cries wolf 5.5 times in 100", "+16.0 percentage points",
                 "take it to the sponsor", "quarter ends", "Not for decisions about individual employees"):  # fmt: skip
        assert part in text, part
    svg = re.search(r"<svg.*?</svg>", html, re.S)
    assert svg
    drawn = " ".join(ElementTree.fromstring(svg[0]).itertext())  # noqa: S314  # our own
    assert "+12.8" in drawn and "+16.0" in drawn and "misleading" in drawn


def test_influence_is_a_spread_beside_the_estimate_and_named_an_association() -> None:
    text = " ".join(words(page(said())).split())
    assert "an association, not lift Named up to 90 days before a deal began not shown: too few owners" in text
    assert "between its beginning and its close 1,234,568 EUR" in text
    assert "not shown: no source shows it n 1,035 deals" in text


@pytest.mark.parametrize("result", [REFUSED, None], ids=["refused", "not evaluated"])
def test_without_an_estimate_no_amount_of_influence_is_shown(result: dict[str, Any] | None) -> None:
    found = said(result)
    assert found["influence"] is None and "1,234,568" not in page(found)


def test_nothing_is_loaded_from_elsewhere_and_every_text_is_escaped() -> None:
    html = page(said())
    assert "Hand over &lt;in&gt; the open" in html and "<in>" not in html
    assert not re.search(r"<(script|link|img|iframe)|@import|src=|url\(", html)


def test_the_same_data_give_the_same_bytes() -> None:
    assert page(said()) == page(said())


def test_the_sheet_says_what_the_page_says_on_one_page_and_in_the_same_bytes() -> None:
    drawn = svg(said())
    sheet = " ".join(" ".join(ElementTree.fromstring(drawn).itertext()).split())  # noqa: S314  # our own
    for name, rows in sections(said()):
        for head, value in rows:
            for word in f"{head} {value}".split() if value else []:
                assert word in sheet, (name, word)
    made = pdf(said())
    assert made.startswith(b"%PDF-") and made.count(b"/Type /Page\n") == 1 and b"/Count 1" in made
    assert {pdf(said()) for _ in range(4)} == {made}
    assert b"CreationDate" not in made and made.count(b"/Type /Font\n") == 2  # one font: itself and its glyphs


def test_a_long_brief_is_made_smaller_and_stays_on_its_sheet() -> None:
    facts = said()
    facts["others"] = [facts["result"] | {"outcome": f"C{n}"} for n in range(60)]
    scale = re.search(r"translate\(([\d.]+) 0\) scale\(([\d.]+)\)", svg(facts))
    assert scale and 0.4 < float(scale[2]) < 0.8
    assert float(scale[1]) == pytest.approx((1 - float(scale[2])) * 595 / 2, abs=0.1)  # in the middle
    assert pdf(facts).count(b"/Type /Page\n") == 1
    assert "scale(1.0000)" in svg(said(REFUSED, verdict="refused", sentence="No statement."))


def test_lines_break_between_words() -> None:
    assert wrapped("aaaa bbbb cccc", 10, 10 * (8 * 0.56 + 0.31)) == ["aaaa bbbb", "cccc"]
    assert wrapped("aaaa bbbb cccc", 10, 10 * (8 * 0.56 + 0.29)) == ["aaaa", "bbbb", "cccc"]
    assert wrapped("", 10, 100) == [] and wrapped("a" * 50, 10, 100) == ["a" * 50]


def test_a_refused_result_has_no_chart_and_no_number_that_looks_like_a_finding() -> None:
    html = page(said(REFUSED, verdict="refused", sentence=REFUSED["sentence"]))
    assert "<svg" not in html and "No statement: too few teams." in html and "FEW_CLUSTERS" in html
    assert "12.8" not in html and "16.0" not in html


def test_a_purpose_that_was_not_evaluated_has_a_page_too() -> None:
    html = page(said(None, verdict=None, sentence="No number yet.", target_value=None, current_value=None))
    assert "Not evaluated" in html and "No number yet." in html and "<svg" not in html


@pytest.mark.parametrize(("name", "remedy"), [("handovr", "did you mean handover?"), ("x", "published are: handover"),
                                              ("_org", "published are: handover")])  # fmt: skip
def test_an_unknown_purpose_is_refused_with_a_way_on(name: str, remedy: str) -> None:
    tables = Published(kpi_scorecard=[SCORE, SCORE | {"purpose_id": "_org"}], dim_purpose=[], kpi_impact=[])
    with pytest.raises(Refused) as caught:
        brief.facts(tables, name)  # type: ignore[arg-type]
    assert remedy in caught.value.sentence


def test_both_files_are_written_from_what_is_published(settings: Settings, tmp_path: Path) -> None:
    path = settings.home / "published.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("create schema kpi")
        metric = {"metric_id": "C1b_180", "question": "How many?", "value_shown": ""}
        tables = {"kpi_scorecard": SCORE, "kpi_impact": RESULT, "dim_purpose": PURPOSE, "dim_metric": metric}
        tables |= {"kpi_calibration": CALIBRATED, "kpi_outcome": OUTCOME}
        for table, row in tables.items():
            columns = ", ".join(f"? as {name}" for name in row)
            db.execute(f"create table kpi.{table} as select {columns}", list(row.values()))
    done = brief.write(settings, "handover")
    assert done.html.read_text(encoding="utf-8") == page(done.facts)
    assert done.pdf.read_bytes() == pdf(done.facts)
    assert json.loads(done.json.read_text(encoding="utf-8")) == done.facts
    assert done.facts["result"]["estimate"] == pytest.approx(0.128)
    assert sorted(p.name for p in (settings.home / "briefs").iterdir()) == [
        "handover.html",
        "handover.json",
        "handover.pdf",
    ]
    other = replace(settings, home=tmp_path / "empty")
    with pytest.raises(Refused, match="nothing is published"):
        brief.write(other, "handover")

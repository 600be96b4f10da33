"""Charts as SVG, without a browser: what a brief found beside the careless comparison, and what a plan could find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

FOUND: Final = "what the design finds"
NAIVE: Final = "deals with messages minus deals without (misleading)"
BLUE, GREY, DARK = "#1f5f8b", "#9a9a9a", "#333333"


def chart(result: dict[str, Any]) -> str:
    """SVG of the estimate and the naive comparison with their intervals; "" where nothing may be shown."""
    rows = _rows(result)
    if not rows:
        return ""
    import altair as alt
    import vl_convert

    unit = "percentage points" if result["unit"] == "share" else result["unit"]
    order = [row["what"] for row in rows]
    data = alt.InlineData(values=rows)
    y = alt.Y(
        "what:N", sort=order, title=None, axis=alt.Axis(labelLimit=340, labelFontSize=13, ticks=False, domain=False)
    )
    colour = alt.Color("what:N", scale=alt.Scale(domain=[FOUND, NAIVE], range=[BLUE, GREY]), legend=None)
    intervals = (
        alt.Chart(data)
        .mark_rule(strokeWidth=4)
        .encode(x=alt.X("low:Q", title=f"difference in {unit}, 95 % interval"), x2="high:Q", y=y, color=colour)
    )
    points = alt.Chart(data).mark_point(size=140, filled=True, opacity=1).encode(x="estimate:Q", y=y, color=colour)
    labels = alt.Chart(data).mark_text(dy=-16, fontSize=13).encode(x="estimate:Q", y=y, text="label:N", color=colour)
    zero = alt.Chart(alt.InlineData(values=[{"x": 0}])).mark_rule(color=DARK).encode(x="x:Q")
    layers = [zero, intervals, points, labels]
    least = result["min_effect_of_interest"]
    if least:
        worth = alt.InlineData(values=[{"x": _shown(least, result["unit"]), "text": "worth having"}])
        layers.append(alt.Chart(worth).mark_rule(color=DARK, strokeDash=[4, 4]).encode(x="x:Q"))
        layers.append(
            alt.Chart(worth).mark_text(align="left", dx=4, fontSize=11, color=DARK).encode(
                x="x:Q", y=alt.value(8), text="text:N"
            )
        )  # fmt: skip
    drawn = alt.layer(*layers).properties(width=520, height=70 * len(rows)).configure_view(stroke=None)
    return str(vl_convert.vegalite_to_svg(drawn.to_json()))


def reach(points: Sequence[tuple[str, int, float]], least: float | None, unit: str) -> str:
    """SVG of the smallest difference that would be found, by weeks: points of (line, weeks, difference); least: worth
    having. "" without points."""
    if not points:
        return ""
    import altair as alt
    import vl_convert

    shown = "percentage points" if unit == "share" else unit
    order = list(dict.fromkeys(line for line, _, _ in points))
    rows = [{"line": line, "weeks": weeks, "y": _shown(size, unit)} for line, weeks, size in points]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("weeks:Q", title="weeks after the start", scale=alt.Scale(zero=True)),
        y=alt.Y("y:Q", title=f"smallest difference found in 4 of 5 cases, {shown}", scale=alt.Scale(zero=True)),
        color=alt.Color(
            "line:N",
            title=None,
            scale=alt.Scale(domain=order),
            legend=alt.Legend(orient="bottom", columns=1, labelLimit=500),
        ),
    )
    layers = [base.mark_line(), base.mark_point(filled=True, size=70)]
    if least:
        worth = alt.Chart(alt.InlineData(values=[{"y": _shown(least, unit), "text": "worth having"}]))
        layers.append(worth.mark_rule(color=DARK, strokeDash=[4, 4]).encode(y="y:Q"))
        layers.append(
            worth.mark_text(align="left", dy=-6, color=DARK).encode(x=alt.value(6), y="y:Q", text="text:N")
        )  # fmt: skip
    drawn = alt.layer(*layers).properties(width=520, height=280).configure_view(stroke=None)
    return str(vl_convert.vegalite_to_svg(drawn.to_json()))


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for what, stem in ((FOUND, ""), (NAIVE, "naive_")):
        numbers = [
            result[name] for name in (f"{stem}estimate" if stem else "estimate", f"{stem}ci_low", f"{stem}ci_high")
        ]
        if all(number is not None for number in numbers):
            estimate, low, high = (_shown(number, result["unit"]) for number in numbers)
            label = f"{estimate:+.1f}".replace("-", "−")
            rows.append({"what": what, "estimate": estimate, "low": low, "high": high, "label": label})
    return rows if rows and rows[0]["what"] == FOUND else []


def _shown(value: float, unit: str) -> float:
    return round(100 * value if unit == "share" else value, 6)

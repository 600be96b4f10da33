"""What is planted in the sample organisation, so that tests and calibration can read the truth.

Three purposes, each carried by its own sales teams; eight further sales teams carry none:

- `faster-handover` works: every deal that a treated team creates on or after the start wins with a probability
  higher by `effect`. The effect comes through the team's practice, not through the single message, so it is a
  difference between teams and periods; messages themselves carry none.
- `ask-the-floor` does nothing: the same flow of messages about deals, no change of any outcome.
- `quiet-pilot` has a small true effect in five teams: real, and too small to be told from chance.

In all three the messages about a deal arrive at a rate drawn before and apart from its outcome, over the deal's
whole life. Won deals live longer, so they collect more messages: "deals with messages win more" holds by
construction, without any effect (immortal time). A contrast of the idle purpose's teams with all others is not zero:
it contains the effect of the working one. Its teams compare with themselves by landmark, or with UNTOUCHED_UNITS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

HISTORY_END_DATE = date(2026, 6, 29)  # a Monday, exclusive: the sample must not know today's date
REGIONS = ("EMEA", "AMER", "APAC")
SEGMENTS = ("Retail", "Industry", "Energy", "Logistics", "Finance", "Public", "Health", "Food")
BASE_WIN_PROBABILITY = 0.27
WON_MEDIAN_DAYS, WON_SIGMA = 60.0, 0.6
LOST_MEDIAN_DAYS, LOST_SIGMA = 30.0, 0.9


@dataclass(frozen=True)
class Planted:
    """One purpose as it truly is.

    effect: added to the win probability of deals created by a treated team on or after the start.
    naive_bias: how much more often deals with messages are won within 180 days than those without, among the treated
        teams' deals created after the start, although messages have no effect: the mean of 60 seeds at the default
        size (standard deviation 0.04; of `quiet-pilot` 0.14).
    message_rate_mean_per_day: mean of the gamma rate (shape 2) at which messages about one deal arrive.
    start_share: the purpose's start as a share of the history.
    """

    purpose_id: str
    outcome_metric: str
    effect: float
    naive_bias: float
    treated_units: tuple[str, ...]
    start_share: float
    message_rate_mean_per_day: float
    channel: str
    tag: str


PLANTED: dict[str, Planted] = {
    planted.purpose_id: planted
    for planted in (
        Planted(
            "faster-handover",
            "C1b_180",
            effect=0.15,
            naive_bias=0.18,
            treated_units=(
                "EMEA-Sales-Retail",
                "EMEA-Sales-Industry",
                "EMEA-Sales-Energy",
                "AMER-Sales-Retail",
                "AMER-Sales-Logistics",
                "AMER-Sales-Finance",
                "APAC-Sales-Industry",
                "APAC-Sales-Health",
            ),
            start_share=1 / 3,
            message_rate_mean_per_day=0.04,
            channel="handover",
            tag="handover",
        ),
        Planted(
            "ask-the-floor",
            "C1b_180",
            effect=0.0,
            naive_bias=0.14,
            treated_units=(
                "EMEA-Sales-Finance",
                "AMER-Sales-Industry",
                "APAC-Sales-Energy",
            ),
            start_share=0.22,
            message_rate_mean_per_day=0.04,
            channel="ask-floor",
            tag="askthefloor",
        ),
        Planted(
            "quiet-pilot",
            "C1b_180",
            effect=0.05,
            naive_bias=0.14,
            treated_units=(
                "EMEA-Sales-Public",
                "AMER-Sales-Public",
                "AMER-Sales-Health",
                "APAC-Sales-Retail",
                "APAC-Sales-Public",
            ),
            start_share=0.5,
            message_rate_mean_per_day=0.03,
            channel="pilot-quiet",
            tag="quietpilot",
        ),
    )
}

SMALL_UNITS = ("AMER-Sales-Health", "APAC-Sales-Public")  # two teams of the quiet pilot
UNTOUCHED_UNITS = tuple(
    name
    for name in (f"{region}-Sales-{segment}" for region in REGIONS for segment in SEGMENTS)
    if not any(name in planted.treated_units for planted in PLANTED.values())
)


@dataclass(frozen=True)
class Calendar:
    """The days of the sample: chat history [start_date, end_date), one further week for the later export.

    CRM records reach back a third of the history further, as they do in firms that sold before they chatted.
    """

    weeks: int

    @property
    def end_date(self) -> date:
        return HISTORY_END_DATE

    @property
    def start_date(self) -> date:
        return self.end_date - timedelta(weeks=self.weeks)

    @property
    def crm_start_date(self) -> date:
        return self.start_date - timedelta(weeks=max(round(self.weeks / 3), 4))

    @property
    def later_end_date(self) -> date:
        return self.end_date + timedelta(weeks=1)

    def purpose_start_date(self, purpose_id: str) -> date:
        """The purpose's start; in a long history the nearest first of a month, as people choose it."""
        day = self.start_date + timedelta(weeks=round(PLANTED[purpose_id].start_share * self.weeks))
        if self.weeks < 40:
            return day
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return first if day - first < following - day else following

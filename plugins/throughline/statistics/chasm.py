"""Where an organisation stands on the adoption curve: stage, chasm, growth. Shares are of eligible people, always.

Labels describe the organisation, never a person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from throughline.statistics.estimate import CI_LEVEL, Floats, quantile
from throughline.statistics.proportions import wilson

STAGES = (
    (0.025, "innovators"),
    (0.16, "early_adopters"),
    (0.50, "early_majority"),
    (0.84, "late_majority"),
)
CHASM_SHARE = 0.16
CONSECUTIVE_WINDOWS = 3
MIN_UNIT_PEOPLE = 30
MIN_UNITS_SHARE = 0.5
MIN_HABITUAL_SHARE = 0.5
GROWTH_WEEKS = 8


@dataclass(frozen=True)
class Growth:
    """Slope of the weekly hazard (share of non-adopters who adopt), per week, with its interval."""

    slope: float
    ci_low: float
    ci_high: float
    status: Literal["growing", "falling", "undetermined"]


def rogers_stage(adopters: float, eligible: float) -> str | None:
    """Stage of Rogers (2003) from adopters/eligible: cuts at mean - 2 sd, - 1 sd, mean, + 1 sd. None of nobody."""
    if eligible <= 0:
        return None
    share = adopters / eligible
    return next((name for cut, name in STAGES if share <= cut + 1e-12), "laggards")


def chasm_status(
    windows: Sequence[tuple[float, float]],
    *,
    units: Sequence[tuple[float, float]],
    habitual_adopters: float,
) -> Literal["before", "in_chasm", "crossed"] | None:
    """`before`, `crossed` or `in_chasm`; windows: (adopters, eligible) of non-overlapping w28, oldest first.

    before: upper Wilson bound of the last window below 16 %. crossed: lower bound above 16 % in the last 3 windows,
    and at least half of the units with 30 or more people above 16 %, and at least half of the adopters habitual.
    units: (adopters, eligible) of the last window. The two extra conditions keep one keen department from crossing
    for the firm. None without eligible people.
    """
    if not windows or windows[-1][1] <= 0:
        return None
    adopters, eligible = windows[-1]
    if wilson(adopters, eligible).ci_high < CHASM_SHARE:
        return "before"
    last = windows[-CONSECUTIVE_WINDOWS:]
    lasting = len(last) == CONSECUTIVE_WINDOWS and all(wilson(a, n).ci_low > CHASM_SHARE for a, n in last)
    large = [a / n for a, n in units if n >= MIN_UNIT_PEOPLE]
    broad = bool(large) and sum(share > CHASM_SHARE for share in large) >= MIN_UNITS_SHARE * len(large)
    habit = adopters > 0 and habitual_adopters / adopters >= MIN_HABITUAL_SHARE
    return "crossed" if lasting and broad and habit else "in_chasm"


def growth(new_adopters: Floats, non_adopters: Floats, *, level: float = CI_LEVEL) -> Growth:
    """Least squares of the weekly hazard on the week, weighted by people at risk, over the last 8 weeks; t, 6 df.

    new_adopters, non_adopters (at the week's start): float[weeks]. An interval around 0 is not a stall; fewer than 8
    weeks with people at risk are undetermined.
    """
    new, risk = np.asarray(new_adopters, dtype=np.float64), np.asarray(non_adopters, dtype=np.float64)
    new, risk = new[-GROWTH_WEEKS:], risk[-GROWTH_WEEKS:]
    if len(new) < GROWTH_WEEKS or (risk <= 0).any():
        return Growth(math.nan, math.nan, math.nan, "undetermined")
    week, hazard = np.arange(len(new), dtype=np.float64), new / risk
    week -= float(np.average(week, weights=risk))
    centred = hazard - float(np.average(hazard, weights=risk))
    s_xx = float((risk * week**2).sum())
    slope = float((risk * week * centred).sum()) / s_xx
    df = len(new) - 2
    se = math.sqrt(float((risk * (centred - slope * week) ** 2).sum()) / df / s_xx)
    half = quantile(0.5 + level / 2, df) * se
    low, high = slope - half, slope + half
    return Growth(slope, low, high, "growing" if low > 0 else "falling" if high < 0 else "undetermined")

"""Opportunity.csv and OpportunityHistory.csv as they stood when the export was taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from throughline.sample.clock import SECOND, Ints, moment
from throughline.sample.deals import STAGES, Deals
from throughline.sample.identifiers import NO_LOOKUP, salesforce
from throughline.sample.salesforce_values import Row, at_text, audit, day_text, money, user_id

PROBABILITY = (10, 20, 50, 75, 100, 0)
FORECAST = ("Pipeline", "Pipeline", "BestCase", "Forecast", "Closed", "Omitted")
LEAD_SOURCES = ("Web", "Partner", "Referral", "Trade show", "")
LAST_OPEN, WON, LOST = 3, 4, 5
FOREVER = "4000-12-31 00:00:00"


def opportunities(made: Deals, seen: Ints, own: Ints, now: int, rng: np.random.Generator) -> Iterator[Row]:
    """One row per deal seen, created before now; a few of the CRM's own lie in the recycle bin."""
    deleted = set(rng.choice(own, max(len(own) // 600, 1), replace=False).tolist())
    for deal in seen.tolist():
        changed, stage = _stages(made, deal, now)[-1]
        promised = max(_promised(made, deal), moment(now).date())
        owner, amount = int(made.owner[deal]), float(made.amount[deal])
        kind = "New Business" if made.new_business[deal] else "Existing Business"
        yield {
            "Id": salesforce("006", deal + 1),
            "IsDeleted": deal in deleted,
            "AccountId": salesforce("001", int(made.account[deal]) + 1),
            "IsPrivate": False,
            "Name": f"{kind} {deal + 1}",
            "Description": "Legacy\x00note" if deal % 900 == 17 else "",  # such bytes occur in real exports
            "StageName": STAGES[stage],
            "Amount": money(amount),
            "Probability": PROBABILITY[stage],
            "ExpectedRevenue": money(amount * PROBABILITY[stage] / 100),
            "CloseDate": day_text(moment(changed).date() if stage > LAST_OPEN else promised),
            "Type": kind,
            "NextStep": "",
            "LeadSource": LEAD_SOURCES[deal % len(LEAD_SOURCES)],
            "IsClosed": stage > LAST_OPEN,
            "IsWon": stage == WON,
            "ForecastCategory": FORECAST[stage],
            "ForecastCategoryName": FORECAST[stage],
            "CurrencyIsoCode": "EUR",
            "CampaignId": NO_LOOKUP,
            "OwnerId": user_id(owner),
            **audit(int(made.created_at[deal]), changed, owner),
            "LastStageChangeDate": at_text(changed),
        }


def histories(made: Deals, seen: Ints, now: int) -> Iterator[Row]:
    """One row per change of stage, and one per change of the promised date (same stage as the row before)."""
    number = 0
    for deal in seen.tolist():
        rows = [(at, stage, 0) for at, stage in _stages(made, deal, now)]
        if deal % 4 == 1 and len(rows) > 1:
            middle = (rows[0][0] + rows[-1][0]) // 2 // SECOND * SECOND
            rows.append((middle, max(stage for at, stage, _ in rows if at <= middle), 14))
            rows.sort()
        amount, owner, slip_days = float(made.amount[deal]), int(made.owner[deal]), 0
        for n, (at, stage, more_days) in enumerate(rows):
            number += 1
            slip_days += more_days
            before = rows[n - 1][1] if n else stage
            promised = _promised(made, deal) + timedelta(days=slip_days)
            yield {
                "Id": salesforce("008", number),
                "OpportunityId": salesforce("006", deal + 1),
                "CreatedById": user_id(owner),
                "CreatedDate": at_text(at),
                "StageName": STAGES[stage],
                "Amount": money(amount),
                "ExpectedRevenue": money(amount * PROBABILITY[stage] / 100),
                "CloseDate": day_text(moment(at).date() if stage > LAST_OPEN else promised),
                "Probability": PROBABILITY[stage],
                "FromForecastCategory": FORECAST[before],
                "ForecastCategory": FORECAST[stage],
                "FromOpportunityStageName": STAGES[before] if n else "",
                "CurrencyIsoCode": "EUR",
                "ValidThroughDate": at_text(rows[n + 1][0]) if n + 1 < len(rows) else FOREVER,
                "SystemModstamp": at_text(at),
                "IsDeleted": False,
            }


def _stages(made: Deals, deal: int, now: int) -> list[tuple[int, int]]:
    """(instant, stage) of every transition before now, in order."""
    steps = [(int(made.stage_at[deal, stage]), stage) for stage in range(int(made.reached[deal]) + 1)]
    steps.append((int(made.closed_at[deal]), WON if made.is_won[deal] else LOST))
    return [step for step in steps if step[0] < now]


def _promised(made: Deals, deal: int) -> date:
    """The close date that the owner gives an open deal: a guess from its creation, not the truth."""
    return (moment(int(made.created_at[deal])) + timedelta(days=35 + deal * 7 % 40)).date()

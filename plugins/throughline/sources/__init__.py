"""The sources, by the name of their landing folder. A new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from throughline.source import Source
from throughline.sources import (
    account_map,
    dynamics365,
    fx_rates,
    google_chat,
    hubspot,
    identity_map,
    m365_reports,
    mattermost,
    org_calendar,
    people,
    pipedrive,
    purposes,
    rocketchat,
    salesforce,
    slack,
    slack_analytics,
    stage_map,
    teams,
    viva_engage,
    viva_insights,
)

SOURCES: Final[Mapping[str, Source]] = {
    source.name: source
    for source in (
        # collaboration
        slack.SOURCE,
        slack_analytics.SOURCE,
        m365_reports.SOURCE,
        viva_insights.SOURCE,
        teams.SOURCE,
        viva_engage.SOURCE,
        mattermost.SOURCE,
        google_chat.SOURCE,
        rocketchat.SOURCE,
        # CRM
        salesforce.SOURCE,
        hubspot.SOURCE,
        dynamics365.SOURCE,
        pipedrive.SOURCE,
        # the organisation
        people.SOURCE,
        purposes.SOURCE,
        # how to read the others
        identity_map.SOURCE,
        stage_map.SOURCE,
        account_map.SOURCE,
        org_calendar.SOURCE,
        fx_rates.SOURCE,
    )
}

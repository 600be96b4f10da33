"""The sources, by the name of their landing folder. A new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final

from throughline.source import Source

_NAMES: Final = (
    # collaboration
    "slack",
    "slack_analytics",
    "m365_reports",
    "viva_insights",
    "teams",
    "viva_engage",
    "mattermost",
    "google_chat",
    "rocketchat",
    # CRM
    "salesforce",
    "hubspot",
    "dynamics365",
    "pipedrive",
    # the organisation
    "people",
    "purposes",
    # how to read the others
    "identity_map",
    "stage_map",
    "account_map",
    "org_calendar",
    "fx_rates",
)


class _Sources(Mapping[str, Source]):
    """Each is imported when it is asked for: who lands one file needs one, who lists them only their names."""

    def __getitem__(self, name: str) -> Source:
        if name not in _NAMES:
            raise KeyError(name)
        source: Source = import_module(f"{__name__}.{name}").SOURCE
        return source

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


SOURCES: Final[Mapping[str, Source]] = _Sources()

"""What holds for one Mattermost export."""

from __future__ import annotations

from expectations import collaboration

REQUIRED: frozenset[str] = frozenset()  # compliance exports are made daily, and on some days nobody writes

SUITES = collaboration.suites("messages", "mentions", "reactions", "spaces", "accounts")

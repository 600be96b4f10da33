"""What holds for one Google Chat export."""

from __future__ import annotations

from expectations import collaboration

REQUIRED: frozenset[str] = frozenset()  # the audit tells of rooms and accounts also where nothing was posted

SUITES = collaboration.suites("messages", "mentions", "reactions", "spaces", "accounts")

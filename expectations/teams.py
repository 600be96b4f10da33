"""What holds for Teams messages of Microsoft Graph."""

from __future__ import annotations

from expectations import collaboration

REQUIRED: frozenset[str] = frozenset()  # messages, channels and users may lie in files of their own

SUITES = collaboration.suites("messages", "mentions", "reactions", "spaces", "accounts")

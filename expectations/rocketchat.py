"""What holds for one dump of a Rocket.Chat database."""

from __future__ import annotations

from expectations import collaboration

REQUIRED = frozenset({"messages"})

SUITES = collaboration.suites("messages", "mentions", "reactions", "spaces", "accounts")

"""What holds for one database dump of Rocket.Chat."""

from __future__ import annotations

from expectations import collaboration

REQUIRED = frozenset({"messages"})  # a dump holds all that was ever written

SUITES = collaboration.suites("messages", "mentions", "reactions", "spaces", "accounts")

"""What holds for one Viva Engage network data export. There is no file of likes."""

from __future__ import annotations

from expectations import collaboration

REQUIRED: frozenset[str] = frozenset()  # a part is there only where something of its kind was written or changed

SUITES = collaboration.suites("messages", "mentions", "spaces", "accounts")

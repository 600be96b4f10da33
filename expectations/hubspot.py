"""What holds for one HubSpot export."""

from __future__ import annotations

from expectations import crm

REQUIRED: frozenset[str] = frozenset()  # a CSV holds one object; a file without any is refused as a whole

SUITES = crm.suites("deals", "deal_stages", "accounts", "owners")

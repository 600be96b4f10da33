"""What holds for one Dynamics 365 export. It holds no history of stages."""

from __future__ import annotations

from expectations import crm

REQUIRED: frozenset[str] = frozenset()  # a view holds one table; a file without any is refused as a whole

SUITES = crm.suites("deals", "accounts", "owners")

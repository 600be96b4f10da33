"""Local days of the sample's time zones as arrays; an instant is an int64 of microseconds since 1970 UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
SECOND = 1_000_000
DAY = 86_400 * SECOND
PAD_DAYS = 3  # around the history: local midnights lie up to half a day from those of UTC
HOLIDAYS = ((1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31))


def instant(day: date, zone: str = "UTC") -> int:
    """The local midnight that begins the day."""
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp()) * SECOND


def moment(at: int) -> datetime:
    """The UTC datetime of an instant, exactly."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


@dataclass(frozen=True)
class Zone:
    """midnights: int64[days], the instants of local midnights from PAD_DAYS before the first day on;
    working[i]: first working day at or after day i."""

    midnights: Ints
    working: Ints

    @classmethod
    def of(cls, name: str, first: date, last: date) -> Zone:
        days = [first + timedelta(days=n) for n in range(-PAD_DAYS, (last - first).days + PAD_DAYS + 1)]
        working = np.zeros(len(days), np.int64)
        coming = len(days) - 1
        for n in range(len(days) - 1, -1, -1):
            if days[n].weekday() < 5 and (days[n].month, days[n].day) not in HOLIDAYS:
                coming = n
            working[n] = coming
        return cls(np.array([instant(day, name) for day in days], np.int64), working)

    def day_of(self, at: Ints) -> Ints:
        """at: int64[n] -> index of the local day, int64[n]."""
        return np.asarray(np.searchsorted(self.midnights, at, side="right") - 1, np.int64)

    def into_working_hours(self, at: Ints, rng: np.random.Generator) -> Ints:
        """at: int64[n], moved forward to the next working morning unless it already lies within 08:00 to 18:30."""
        day = self.day_of(at)
        within = at - self.midnights[day]
        late = within > 18.5 * 3600 * SECOND
        wanted = self.working[np.minimum(day + late, len(self.working) - 1)]
        morning = self.midnights[wanted] + (8 * 3600 + rng.gamma(2.0, 1800.0, len(at))).astype(np.int64) * SECOND
        keep = (wanted == day) & (within >= 8 * 3600 * SECOND)
        return np.where(keep, at, morning + at % SECOND)

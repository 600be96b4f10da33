"""Amounts as people see them -> decimals: currency signs, spaces and thousands marks are read where they are certain.

"$7,450,000.00 ", "1.234,50 €" and "(12.00)" say themselves which sign is the decimal one; 1,234 does not: it raises
`UnclearAmount` unless the decimal sign was declared.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from throughline.source import AMOUNT

_LARGEST = Decimal(10) ** 16
_CURRENCY = r"(?:[A-Z]{3}|[A-Z]{0,3}[$€£¥₹₩₽₺₫₪₱฿]|kr\.?|zł|Kč|Ft|Fr\.?)?"
_AMOUNT = re.compile(
    rf"(?P<open>\(?)[-−+]?\s*{_CURRENCY}\s*[-−+]?\s*(?P<digits>\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)\s*{_CURRENCY}\s*\)?"
)
_SPACES = str.maketrans("", "", " '’\u00a0\u202f")


class UnclearAmount(ValueError):  # noqa: N818  # a finding about the data, as cells.Unclear is
    """An amount with one mark and three digits after it. index: its place in the column; mark: its name."""

    def __init__(self, index: int, mark: str) -> None:
        self.index, self.mark = index, mark
        super().__init__(f"an amount has one {mark} with three digits after it")


def money(values: pa.Array, decimal: str | None = None) -> pa.Array:
    """values: string[n] -> decimal(18, 2)[n]; what is no amount is NULL. Raises UnclearAmount."""
    found: list[Any] = []
    for index, text in enumerate(values.to_pylist()):
        try:
            found.append(None if text is None else _amount(text, decimal))
        except UnclearAmount as unclear:
            raise UnclearAmount(index, unclear.mark) from None
        except (ValueError, InvalidOperation):
            found.append(None)
    return pa.array(found, AMOUNT)


def _amount(text: str, decimal: str | None) -> Decimal:
    body = _AMOUNT.fullmatch(text)
    if not body:
        raise ValueError("no amount")
    is_negative = bool(body["open"]) or any(sign in text for sign in "-−")
    bare = body["digits"].translate(_SPACES)
    amount = Decimal(_plain(bare, decimal)).quantize(Decimal("0.01"))
    if amount >= _LARGEST:
        raise ValueError("too large")
    return -amount if is_negative else amount


def _plain(digits: str, decimal: str | None) -> str:
    """Digits with at most one point. Raises ValueError where the marks make no number, UnclearAmount where they may."""
    marks = [sign for sign in digits if sign in ".,"]
    sign = decimal or _decimal_sign(digits, marks)
    grouping = "," if sign == "." else "."
    whole, _, fraction = digits.partition(sign)
    groups = whole.split(grouping)
    if grouping in fraction or sign in fraction:
        raise ValueError("marks out of order")
    first, *others = map(len, groups)
    if others and not (1 <= first <= 3 and others[-1] == 3 and all(length in (2, 3) for length in others)):
        raise ValueError("no groups of thousands")  # two digits but for the last: lakh and crore
    return f"{''.join(groups) or '0'}.{fraction or '0'}"


def _decimal_sign(digits: str, marks: list[str]) -> str:
    if not marks:
        return "."
    last = marks[-1]
    if len(set(marks)) == 2:
        return last
    if len(marks) > 1:
        return "," if last == "." else "."
    whole, _, rest = digits.partition(last)
    if len(rest) == 3 and 1 <= len(whole) <= 3 and whole != "0":
        raise UnclearAmount(0, "comma" if last == "," else "point")
    return last

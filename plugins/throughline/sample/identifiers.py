"""Identifiers as the tools give them out: stable, unique, and of nobody."""

from __future__ import annotations

TEAM_ID = "T04VELDMRK"
ORG_ID = "00D5g000004VeldEAE"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_LOOKUP = "000000000000000AAA"  # how the weekly export writes an empty lookup
APP_USER, APP_BOT, FEED_BOT, APP_ID = "U0BSTANDBY1", "B0BSTANDBY1", "B0BDEALBELL", "A0BSTANDBY1"


def _base36(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        digits = ALPHABET[digit] + digits
    return digits


def slack_user(person: int) -> str:
    """U and ten characters; 36**9 and the factor share no divisor, so no two people collide."""
    return "U0" + _base36((person + 1) * 7_919_000_251 % 36**9, 9)


def slack_channel(channel: int) -> str:
    return "C0" + _base36((channel + 1) * 6_100_000_643 % 36**9, 9)


def salesforce(prefix: str, number: int) -> str:
    """An 18-character record id: three characters of object type, org and counter, and the case-safe suffix."""
    short = f"{prefix}5g0000{_mixed(number, 6)}"
    suffix = ""
    for chunk in (short[0:5], short[5:10], short[10:15]):
        bits = sum(1 << n for n, character in enumerate(chunk) if character.isascii() and character.isupper())
        suffix += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
    return short + suffix


def _mixed(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits

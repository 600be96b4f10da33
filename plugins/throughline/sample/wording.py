"""The texts of the conversation: sentences, mentions, links to deals, hashtags, broadcasts, cross-posts."""

from __future__ import annotations

import numpy as np

from throughline.sample.activity import Channels
from throughline.sample.clock import SECOND, Ints
from throughline.sample.conversation import (
    APP,
    BROADCAST_REPLY,
    FEED,
    HUMAN,
    JOIN,
    NOBODY,
    TOMBSTONE,
    Conversation,
    joined,
    rows,
)
from throughline.sample.identifiers import salesforce, slack_user
from throughline.sample.organisation import Organisation
from throughline.sample.planted import PLANTED
from throughline.sample.words import sentences

CRM = "https://example.my.salesforce.com/"
LIGHTNING = "https://example.lightning.force.com/lightning/r/Opportunity/"
FIXED = {
    FEED: "Closed won: <{link}|opportunity>",
    APP: "Good morning. What is planned for today? Answer in a thread.",
    TOMBSTONE: "This message was deleted.",
}


def word(org: Organisation, said: Conversation, rooms: Channels, rng: np.random.Generator) -> Conversation:
    """The same conversation with its texts, and with a few posts repeated in another channel within minutes."""
    about = np.where(said.is_question, "deal_ask", "deal_tell")
    shape = np.where(said.deal >= 0, about, np.where(said.is_question, "ask", "tell"))
    shape = np.where(said.root >= 0, "answer", shape)
    texts = [""] * len(said)
    for one in ("ask", "tell", "answer", "deal_ask", "deal_tell"):
        these = np.flatnonzero((shape == one) & np.isin(said.kind, (HUMAN, BROADCAST_REPLY, TOMBSTONE)))
        for row, text in zip(these.tolist(), sentences(one, len(these), rng), strict=True):
            texts[row] = text
    mentioned = _mentions(org, said, rng)
    luck = rng.random((len(said), 3))
    tags = [planted.tag for planted in PLANTED.values()]
    author, kind, deal = said.author.tolist(), said.kind.tolist(), said.deal.tolist()
    purpose = rooms.purpose[said.channel].tolist()
    for row, sentence in enumerate(texts):
        link = _link(deal[row], luck[row, 0]) if deal[row] >= 0 else ""
        if kind[row] in FIXED:
            texts[row] = FIXED[kind[row]].format(link=link)
        elif kind[row] == JOIN:
            texts[row] = f"<@{slack_user(author[row])}> has joined the channel"
        else:
            broadcast = luck[row, 1] < 0.006 and said.root[row] < 0
            to_all = f"<!{'here' if luck[row, 1] < 0.004 else 'channel'}> " if broadcast else ""
            to_one = f"<@{slack_user(mentioned[row])}> " if mentioned[row] >= 0 else ""
            tag = ""
            if purpose[row] >= 0 and luck[row, 2] < 0.45:
                tag = f" #{tags[purpose[row]]}"
            elif luck[row, 2] > 0.985:
                tag = " #tip"
            texts[row] = f"{to_all}{to_one}{sentence.replace('{link}', f'<{link}>')}{tag}"
    said.text = texts
    return _cross_posts(said, rooms, rng)


def in_order(said: Conversation) -> Conversation:
    """Sorted by channel and instant; instants within a channel are made distinct, as the tool's ts are."""
    order = np.lexsort((said.at, said.channel))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    at = said.at[order]
    channel = said.channel[order]
    for _ in range(50):  # collisions are rare and short: a few passes settle them
        same = np.flatnonzero((np.diff(at) <= 0) & (np.diff(channel) == 0)) + 1
        if not len(same):
            break
        at[same] = at[same - 1] + 1
    root = said.root[order]
    return Conversation(
        at,
        said.author[order],
        channel,
        np.where(root >= 0, place[root], -1),
        said.kind[order],
        said.deal[order],
        said.edited_at[order],
        said.is_question[order],
        [said.text[n] for n in order.tolist()],
        {int(place[n]): given for n, given in said.reactions.items()},
    )


def _mentions(org: Organisation, said: Conversation, rng: np.random.Generator) -> list[int]:
    """The person named at the beginning of a message, or -1: often who is answered, now and then a leader."""
    luck = rng.random(len(said))
    asked = np.where(said.root >= 0, said.author[said.root], NOBODY)
    everyone = rng.permutation(np.flatnonzero(org.account_week <= org.calendar.weeks // 2))
    chance = everyone[rng.integers(0, len(everyone), len(said))]
    author = np.where(said.author < len(org), np.maximum(said.author, 0), 0)
    lead = org.manager[org.unit[author]]
    found = np.where(said.root >= 0, np.where(luck < 0.22, asked, NOBODY), NOBODY)
    posts = said.root < 0
    found = np.where(posts & (luck < 0.08), _colleague(org, author, chance), found)
    found = np.where(posts & (luck > 0.96), np.where(org.account_week[lead] < org.calendar.weeks, lead, NOBODY), found)
    people = np.isin(said.kind, (HUMAN, BROADCAST_REPLY)) & (found != said.author)
    return [int(n) for n in np.where(people, found, NOBODY)]


def _colleague(org: Organisation, author: Ints, chance: Ints) -> Ints:
    """Somebody of the own unit for most, as the next person in it; anybody for the rest."""
    following = np.arange(len(org))
    for unit in range(len(org.units)):
        members = np.flatnonzero((org.unit == unit) & (org.account_week <= org.calendar.weeks // 2))
        if len(members) > 1:
            following[members] = np.roll(members, 1)
    mate = following[author]
    return np.where((chance % 3 > 0) & (mate != author), mate, chance)


def _cross_posts(said: Conversation, rooms: Channels, rng: np.random.Generator) -> Conversation:
    """A few posts again, word for word, by the same author in another channel within five minutes."""
    able = np.flatnonzero((said.kind == HUMAN) & (said.root < 0) & (said.edited_at == 0))
    again = able[rng.random(len(able)) < 0.006]
    where = rooms.topics[rng.integers(0, 3, len(again))]
    again, where = again[said.channel[again] != where], where[said.channel[again] != where]
    copied = rows(said.at[again] + rng.integers(15, 240, len(again)) * SECOND, said.author[again], where)
    copied.deal, copied.is_question = said.deal[again], said.is_question[again]
    both = joined(said, copied)
    both.text, both.reactions = said.text + [said.text[n] for n in again.tolist()], said.reactions
    return both


def _link(deal: int, luck: float) -> str:
    record = salesforce("006", deal + 1)
    return f"{CRM}{record}" if luck < 0.7 else f"{LIGHTNING}{record}/view"

"""What is said in the sample: posts, replies, reactions, bots, joins. One row per message in every array."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from throughline.sample.activity import Activity, Channels
from throughline.sample.clock import DAY, SECOND, Ints, instant
from throughline.sample.deals import DealMessages, Deals
from throughline.sample.organisation import Organisation
from throughline.sample.planted import PLANTED, REGIONS
from throughline.sample.words import EMOJI

HUMAN, JOIN, FEED, APP, TOMBSTONE, BROADCAST_REPLY = range(6)
NOBODY = -1
Bools = npt.NDArray[np.bool_]
ANSWERED_SHARE, ANSWER_MEDIAN_MINUTES, ANSWER_SIGMA = 0.70, 100.0, 1.5
HANDOVER_ANSWERED_SHARE, HANDOVER_ANSWER_MEDIAN_MINUTES = 0.92, 40.0


@dataclass
class Conversation:
    """int64[m]: instant, author (person, or NOBODY), channel, root (row of the thread's first message, or -1), kind,
    deal (row of deals, or -1), edited_at (0: never); bool[m]: is_question; text; reactions: row -> [(emoji, people)]."""

    at: Ints
    author: Ints
    channel: Ints
    root: Ints
    kind: Ints
    deal: Ints
    edited_at: Ints
    is_question: Bools
    text: list[str] = field(default_factory=list)
    reactions: dict[int, list[tuple[str, list[int]]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)


def conversation(
    org: Organisation, channels: Channels, made: Deals, wishes: DealMessages, rng: np.random.Generator
) -> Conversation:
    """The whole history and the week of the later export; texts are added by `wording`."""
    activity = Activity.of(org, rng)
    posts = _posts(org, channels, activity, rng)
    about = _deal_posts(org, channels, activity, made, wishes, rng)
    roots = _joined(posts, about)
    replies = _replies(org, channels, activity, roots, rng)
    said = _joined(roots, replies)
    said = _joined(said, _joined(_joins(org, channels), _bots(org, channels, made)))
    humans = np.flatnonzero(said.kind == HUMAN)
    edited = humans[rng.random(len(humans)) < 0.03]
    said.edited_at[edited] = said.at[edited] + rng.integers(10, 900, len(edited)) * SECOND
    threads = np.unique(said.root[said.root >= 0])
    said.kind[threads[rng.random(len(threads)) < 0.0008]] = TOMBSTONE
    written = np.flatnonzero((said.root >= 0) & (said.kind == HUMAN))
    said.kind[written[rng.random(len(written)) < 0.01]] = BROADCAST_REPLY
    _react(org, activity, said, rng)
    return said


def _rows(at: Ints, author: Ints, channel: Ints, kind: int = HUMAN, **more: Ints | Bools) -> Conversation:
    n = len(at)
    return Conversation(
        at.astype(np.int64),
        author.astype(np.int64),
        channel.astype(np.int64),
        np.asarray(more.get("root", np.full(n, -1)), np.int64),
        np.full(n, kind, np.int64),
        np.asarray(more.get("deal", np.full(n, -1)), np.int64),
        np.zeros(n, np.int64),
        np.asarray(more.get("is_question", np.zeros(n, np.bool_)), np.bool_),
    )


def _joined(first: Conversation, then: Conversation) -> Conversation:
    names = ("at", "author", "channel", "root", "kind", "deal", "edited_at", "is_question")
    return Conversation(*(np.concatenate([getattr(first, name), getattr(then, name)]) for name in names))


def _posts(org: Organisation, channels: Channels, activity: Activity, rng: np.random.Generator) -> Conversation:
    """Posts outside of deals: where and when people write of their own accord."""
    person, week = (np.repeat(axis, activity.counts.ravel()) for axis in np.indices(activity.counts.shape).reshape(2, -1))
    weekday = rng.choice(7, len(person), p=[0.20, 0.21, 0.21, 0.20, 0.16, 0.01, 0.01])
    hours = np.where(rng.random(len(person)) < 0.55, rng.normal(10.3, 1.3, len(person)), rng.normal(15.0, 1.7, len(person)))
    unit = activity.unit[person, week]
    at = activity.local(unit, week * 7 + weekday, np.clip(hours, 5.0, 23.5), rng)
    at = np.where((weekday < 5) & (rng.random(len(person)) < 0.93), activity.working(unit, at, rng), at)
    day = (at - instant(org.calendar.start_date)) // DAY
    keep = (at < instant(org.calendar.later_end_date)) & (day <= org.left_day[person])
    person, unit, at, day = person[keep], unit[keep], at[keep], day[keep]
    channel = channels.choose(unit, day, rng)
    is_question = rng.random(len(at)) < np.where(channels.purpose[channel] >= 0, 0.55, 0.32)
    return _rows(at, person, channel, is_question=is_question)


def _deal_posts(
    org: Organisation, channels: Channels, activity: Activity, made: Deals, wishes: DealMessages, rng: np.random.Generator
) -> Conversation:
    """Posts that link a deal: by its owner, else by the team, else by the region's service people."""
    week = (wishes.at - instant(org.calendar.start_date)) // (7 * DAY)
    unit = made.unit[wishes.deal]
    owner = made.owner[wishes.deal]
    owned = (activity.weight[owner, week] > 0) & (rng.random(len(owner)) < 0.7)
    team = activity.somebody(week, unit, np.zeros(len(unit), np.int64), rng)
    service = activity.somebody(week, channels.service_unit[unit], np.zeros(len(unit), np.int64), rng)
    author = np.where(owned, owner, np.where(team >= 0, team, service))
    channel = np.where(wishes.purpose >= 0, channels.purpose_channel[wishes.purpose, unit], channels.team[unit])
    keep = author >= 0
    is_question = rng.random(len(author)) < 0.5
    return _rows(wishes.at[keep], author[keep], channel[keep], deal=wishes.deal[keep], is_question=is_question[keep])


def _replies(
    org: Organisation, channels: Channels, activity: Activity, roots: Conversation, rng: np.random.Generator
) -> Conversation:
    """Answers and remarks below posts. Hand-over questions are answered sooner and more often: that behaviour works."""
    n = len(roots)
    quick = channels.purpose[roots.channel] == list(PLANTED).index("faster-handover")
    likely = np.where(roots.is_question, np.where(quick, HANDOVER_ANSWERED_SHARE, ANSWERED_SHARE), 0.30)
    count = (rng.random(n) < likely) * (1 + rng.poisson(0.75, n))
    root = np.repeat(np.arange(n), count)
    week = np.clip((roots.at[root] - instant(org.calendar.start_date)) // (7 * DAY), 0, org.calendar.weeks)
    unit = activity.unit[roots.author[root], week]
    carried = channels.purpose[roots.channel[root]] >= 0
    luck = rng.random(len(root))
    scope = np.where(luck < np.where(carried, 0.35, 0.62), 0, np.where(luck < np.where(carried, 0.90, 0.82), 1, 2))
    author = activity.somebody(week, unit, scope, rng)
    median = np.where(quick[root], HANDOVER_ANSWER_MEDIAN_MINUTES, ANSWER_MEDIAN_MINUTES)
    minutes = median * np.exp(ANSWER_SIGMA * rng.standard_normal(len(root)))
    at = roots.at[root] + ((minutes * 60 + 15) * SECOND).astype(np.int64)
    day = (at - instant(org.calendar.start_date)) // DAY
    keep = (author >= 0) & (day <= org.calendar.weeks * 7)
    # nobody answers themselves at once; a few do later
    keep &= (author != roots.author[root]) | (rng.random(len(root)) < 0.15)
    root, author, at = root[keep], author[keep], at[keep]
    at = np.where(rng.random(len(at)) < 0.93, activity.working(activity.unit[author, week[keep]], at, rng), at)
    keep = at < instant(org.calendar.later_end_date)
    return _rows(at[keep], author[keep], roots.channel[root[keep]], root=root[keep])


def _joins(org: Organisation, channels: Channels) -> Conversation:
    """Whoever takes up the tool joins three channels in one instant, as bulk joins do."""
    people = np.flatnonzero(org.account_week <= org.calendar.weeks)
    at = instant(org.calendar.start_date) + org.account_week[people] * 7 * DAY + (people * 137 % 7200 + 3600) * SECOND
    where = np.stack([np.zeros(len(people), np.int64), channels.region[org.unit[people]], channels.team[org.unit[people]]], 1)
    return _rows(np.repeat(at, 3), np.repeat(people, 3), where.ravel(), JOIN)


def _bots(org: Organisation, channels: Channels, made: Deals) -> Conversation:
    """A feed of won deals (no user), and an app that greets each region every working morning (a user of its own)."""
    start, until = instant(org.calendar.start_date), instant(org.calendar.later_end_date)
    won = np.flatnonzero(made.is_won & (made.closed_at >= start) & (made.closed_at < until))
    bell = np.full(len(won), channels.names.index("deal-bell"))
    feed = _rows(made.closed_at[won] + 90 * SECOND, np.full(len(won), NOBODY), bell, FEED, deal=won)
    days = np.array([d for d in range((until - start) // DAY) if org.day(d).weekday() < 5], np.int64)
    at = np.concatenate([start + days * DAY + hour * 3600 * SECOND for hour in (7, 13, 1)])
    where = np.repeat([channels.names.index(region.lower()) for region in REGIONS], len(days))
    return _joined(feed, _rows(at, np.full(len(at), NOBODY), where, APP))


def _react(org: Organisation, activity: Activity, said: Conversation, rng: np.random.Generator) -> None:
    """Reactions on people's messages, most by the own unit."""
    human = np.flatnonzero((said.kind == HUMAN) & (said.author >= 0))
    likely = np.where(said.root[human] < 0, 0.26, 0.10)
    count = np.where(rng.random(len(human)) < likely, rng.geometric(0.5, len(human)), 0)
    row = np.repeat(human, np.minimum(count, 12))
    week = np.clip((said.at[row] - instant(org.calendar.start_date)) // (7 * DAY), 0, org.calendar.weeks)
    scope = rng.choice(3, len(row), p=[0.6, 0.25, 0.15])
    who = activity.somebody(week, activity.unit[said.author[row], week], scope, rng)
    emoji = np.minimum(rng.geometric(0.45, len(row)) - 1, len(EMOJI) - 1)
    for message, person, name in zip(row.tolist(), who.tolist(), emoji.tolist(), strict=True):
        if person < 0 or person == said.author[message]:
            continue
        given = said.reactions.setdefault(message, [])
        people = next((people for shown, people in given if shown == EMOJI[name]), None)
        if people is None:
            given.append((EMOJI[name], [person]))
        elif person not in people:
            people.append(person)


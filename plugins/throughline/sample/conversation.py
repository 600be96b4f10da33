"""What is said in the sample: posts, replies, reactions, bots, joins. One row per message in every array."""

from __future__ import annotations

import dataclasses
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
FIRST_GUEST, GUESTS = 100_000, 5  # authors beyond the people of the organisation
Bools = npt.NDArray[np.bool_]
ANSWERED_SHARE, ANSWER_MEDIAN_MINUTES, ANSWER_SIGMA = 0.70, 100.0, 1.5
HANDOVER_ANSWERED_SHARE, HANDOVER_ANSWER_MEDIAN_MINUTES = 0.92, 40.0


@dataclass
class Conversation:
    """int64[m]: instant, author (person, guest or NOBODY), channel, root (row of the thread's first message, or -1),
    kind, deal (row of deals, or -1), edited_at (0: never); bool[m]: is_question; reactions: row -> [(emoji, people)].
    """

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
    org: Organisation,
    channels: Channels,
    activity: Activity,
    made: Deals,
    wishes: DealMessages,
    rng: np.random.Generator,
) -> Conversation:
    """The whole history and the week of the later export; texts are added by `wording`."""
    posts = _posts(org, channels, activity, rng)
    about = _deal_posts(org, channels, activity, made, wishes, rng)
    roots = joined(posts, about)
    answers = replies(org, channels, activity, roots, rng)
    said = joined(roots, answers, _joins(org, channels), _bots(org, channels, made), _guests(org, channels, rng))
    humans = np.flatnonzero(said.kind == HUMAN)
    edited = humans[rng.random(len(humans)) < 0.03]
    said.edited_at[edited] = said.at[edited] + rng.integers(10, 900, len(edited)) * SECOND
    threads = np.unique(said.root[said.root >= 0])
    said.kind[threads[rng.random(len(threads)) < 0.0008]] = TOMBSTONE
    written = np.flatnonzero((said.root >= 0) & (said.kind == HUMAN))
    said.kind[written[rng.random(len(written)) < 0.01]] = BROADCAST_REPLY
    reactions(org, activity, said, rng)
    return said


def rows(at: Ints, author: Ints, channel: Ints, kind: int = HUMAN) -> Conversation:
    """at, author, channel: int64[n]. Messages outside of threads and deals."""
    nothing = np.full(len(at), -1, np.int64)
    return Conversation(
        at,
        author,
        channel,
        nothing,
        np.full(len(at), kind, np.int64),
        nothing.copy(),
        0 * at,
        np.zeros(len(at), np.bool_),
    )


def joined(*parts: Conversation) -> Conversation:
    """The parts below each other; roots must already count from the first part. Texts and reactions are left out."""

    def column(name: str) -> Ints:
        return np.concatenate([getattr(part, name) for part in parts])

    return Conversation(
        column("at"), column("author"), column("channel"), column("root"), column("kind"), column("deal"),
        column("edited_at"), column("is_question").astype(np.bool_),
    )  # fmt: skip


def appended(said: Conversation, more: Conversation) -> Conversation:
    """Both with texts and reactions; the roots of the second count from its own first row."""
    start = len(said)
    both = joined(said, dataclasses.replace(more, root=np.where(more.root >= 0, more.root + start, -1)))
    both.text = said.text + more.text
    both.reactions = said.reactions | {row + start: given for row, given in more.reactions.items()}
    return both


def _posts(org: Organisation, channels: Channels, activity: Activity, rng: np.random.Generator) -> Conversation:
    """Posts outside of deals: where and when people write of their own accord."""
    each = np.repeat(np.arange(activity.counts.size), activity.counts.ravel())
    person, week = np.divmod(each, activity.counts.shape[1])
    weekday = rng.choice(7, len(person), p=[0.20, 0.21, 0.21, 0.20, 0.16, 0.01, 0.01])
    early = rng.random(len(person)) < 0.55
    hours = np.where(early, rng.normal(10.3, 1.3, len(person)), rng.normal(15.0, 1.7, len(person)))
    unit = activity.unit[person, week]
    at = activity.local(unit, week * 7 + weekday, np.clip(hours, 5.0, 23.5), rng)
    at = np.where((weekday < 5) & (rng.random(len(person)) < 0.93), activity.working(unit, at, rng), at)
    day = (at - instant(org.calendar.start_date)) // DAY
    keep = (at < instant(org.calendar.later_end_date)) & (day <= org.left_day[person])
    person, unit, at, day = person[keep], unit[keep], at[keep], day[keep]
    channel = channels.choose(unit, day, rng)
    is_question = rng.random(len(at)) < np.where(channels.purpose[channel] >= 0, 0.55, 0.32)
    made = rows(at, person, channel)
    made.is_question = is_question
    return made


def _deal_posts(
    org: Organisation,
    channels: Channels,
    activity: Activity,
    made: Deals,
    wishes: DealMessages,
    rng: np.random.Generator,
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
    said = rows(wishes.at[keep], author[keep], channel[keep])
    said.deal, said.is_question = wishes.deal[keep], rng.random(len(said)) < 0.5
    return said


def replies(
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
    said = rows(at[keep], author[keep], roots.channel[root[keep]])
    said.root = root[keep]
    return said


def _joins(org: Organisation, channels: Channels) -> Conversation:
    """Whoever takes up the tool joins three channels in one instant, as bulk joins do."""
    people = np.flatnonzero(org.account_week <= org.calendar.weeks)
    at = instant(org.calendar.start_date) + org.account_week[people] * 7 * DAY + (people * 137 % 7200 + 3600) * SECOND
    unit = org.unit[people]
    where = np.stack([0 * unit, channels.region[unit], channels.team[unit]], 1)
    return rows(np.repeat(at, 3), np.repeat(people, 3), where.ravel(), JOIN)


def _bots(org: Organisation, channels: Channels, made: Deals) -> Conversation:
    """A feed of won deals (no user), and an app that greets each region every working morning (a user of its own)."""
    start, until = instant(org.calendar.start_date), instant(org.calendar.later_end_date)
    won = np.flatnonzero(made.is_won & (made.closed_at >= start) & (made.closed_at < until))
    bell = np.full(len(won), channels.names.index("deal-bell"))
    feed = rows(made.closed_at[won] + 90 * SECOND, np.full(len(won), NOBODY), bell, FEED)
    feed.deal = won
    days = np.array([d for d in range((until - start) // DAY) if org.day(d).weekday() < 5], np.int64)
    at = np.concatenate([start + days * DAY + hour * 3600 * SECOND for hour in (7, 13, 1)])
    where = np.repeat([channels.names.index(region.lower()) for region in REGIONS], len(days))
    return joined(feed, rows(at, np.full(len(at), NOBODY), where, APP))


def _guests(org: Organisation, channels: Channels, rng: np.random.Generator) -> Conversation:
    """A post a week by each guest, in the topics; nobody is bound to answer."""
    weeks = np.repeat(np.arange(org.calendar.weeks + 1), GUESTS)
    seconds = rng.integers(0, 5 * 86_400 - 3600, len(weeks)) * SECOND + rng.integers(0, SECOND, len(weeks))
    at = instant(org.calendar.start_date) + weeks * 7 * DAY + seconds
    said = rows(at, FIRST_GUEST + np.tile(np.arange(GUESTS), len(weeks) // GUESTS), channels.topics[weeks % 4])
    said.is_question = rng.random(len(said)) < 0.4
    return said


def reactions(org: Organisation, activity: Activity, said: Conversation, rng: np.random.Generator) -> None:
    """Reactions on people's messages, most by the own unit."""
    human = np.flatnonzero((said.kind == HUMAN) & (said.author < FIRST_GUEST))
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

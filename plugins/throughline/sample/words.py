"""Neutral sentences and invented names. Nothing here is said by, or about, anybody."""

from __future__ import annotations

import numpy as np


def _listed(text: str) -> tuple[str, ...]:
    """The parts between bars; line ends count as one blank."""
    return tuple(" ".join(part.split()).replace("\\n", "\n") for part in text.split("|"))


FIRST = _listed("""Amrel|Brisa|Corvin|Dalia|Eskil|Fenna|Garet|Hilvi|Isko|Jarla|Kelm|Liora|Marek|Nuria|Orsin|Pelle|
    Quira|Rasmo|Sunna|Tovik|Ulla|Varro|Wenka|Xandro|Ylva|Zoric|Anneli|Bertil|Calixa|Dorin""")
LAST = _listed("""Aldermoor|Brinkveld|Castrane|Dovrell|Elmsund|Farholt|Grovane|Hestbo|Ingvale|Jorvane|Kestrop|Lindmoor|
    Marvik|Norvald|Ostrane|Pellvik|Quarrel|Rosvang|Stenmoor|Torvald|Ulmgard|Vestrane|Wickholt|Yarnell|Zandvik|
    Ashgrove|Birkmoor|Corvale""")
FIRM = _listed("""Aster|Birke|Cobalt|Delta|Elster|Falk|Granit|Hafen|Iris|Jura|Karst|Lotse|Möwe|Nord|Opal|Prisma|Quarz|
    Rhône|Süd|Tal""")
FIRM_KIND = _listed("""Werke|Textiles|Maschinen|Foods|Logistik|Énergie|Papier|Glas|Robotics|Clinics|Hydro|Optik|Märkte|
    Ports""")
THINGS = _listed("""the delivery plan|the service contract|the pricing sheet|the onboarding guide|the spare parts list|
    the renewal|the site visit|the quarterly forecast|the warranty case|the training slot|the test rig|the tender|
    the invoice run|the hand-over note|the packaging change|the support rota|the demo unit|the credit check|
    the data migration|the stock count""")
PEOPLE = _listed("""the customer|the plant|the warehouse|finance|legal|the partner|logistics|the service desk|
    the vendor""")
DAYS = _listed("today|tomorrow|this week|by Thursday|before the review|next Monday|by the end of the month")
SHAPES = {
    "ask": _listed("""Who knows the status of {thing}?|Can somebody check {thing} with {people} {day}?|
        How did we handle {thing} last time?|Does {people} already have {thing}?|
        Where do we keep {thing}? I need it {day}|What does {people} expect from {thing}?|
        Is {thing} still planned {day}?"""),
    "tell": _listed("""{thing} is ready, {people} confirmed it.|Short update: {thing} is due {day}.|
        We finish {thing} {day}, thanks all.|Please keep {thing} in the shared folder so that {people} can find it.|
        {people} asked for {thing} again.|Notes from the call with {people}: {thing} first, then the rest.|
        Heads-up: {thing} changes {day}.\\nDetails follow."""),
    "answer": _listed("""Yes, {people} has it.|I can do that {day}.|Look at {thing}, it is described there.|Done.|
        We agreed on {thing} with {people}.|Not yet, {people} is on it.|Thanks, that helps.|
        Good point, I will update {thing}.|Same here, {people} can help."""),
    "deal_ask": _listed("""Who at {people} can take over {thing} for {link}?|{link} needs {thing} {day}, who can help?|
        Has anybody done {thing} for an account like {link}?"""),
    "deal_tell": _listed("""Handing over {link}: {thing} is agreed with {people}.|{link}: {thing} is with {people} now.|
        For {link} we need {thing} {day}."""),
}
EMOJI = ("+1", "tada", "eyes", "white_check_mark", "heart", "raised_hands", "bulb", "+1::skin-tone-3")


def sentences(shape: str, count: int, rng: np.random.Generator) -> list[str]:
    """count sentences of one shape; deal sentences keep the place {link} open."""
    templates = SHAPES[shape]
    picks = rng.integers(0, (len(templates), len(THINGS), len(PEOPLE), len(DAYS)), (count, 4)).tolist()
    made = []
    for template, thing, people, day in picks:
        text = templates[template].format(thing=THINGS[thing], people=PEOPLE[people], day=DAYS[day], link="{link}")
        made.append(text[0].upper() + text[1:])
    return made

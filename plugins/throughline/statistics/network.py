"""Networks between units and counts per person: concentration, openness, reciprocity, density, constraint.

Inputs are histograms and unit blocks; nothing here sees a person's ties by name. Each word has several formulas in
use; the one used is in the function's name and first line.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from throughline.statistics.estimate import CI_LEVEL, Floats

SEED = 20_260_302
DRAWS = 1_000
SMALL_N = 50


def gini(contributions: npt.ArrayLike, people: npt.ArrayLike | None = None, *, corrected: bool = False) -> float:
    """Gini = sum (2i - n - 1) x_i/(n sum x), x ascending; `corrected` multiplies by n/(n - 1).

    contributions: float[v], people with that many: float[v] (default 1 each). Zeros count if they are given: the
    columns are `_all` with and `_active` without them. NaN where nobody contributed.
    """
    x = np.asarray(contributions, dtype=np.float64)
    count = np.ones_like(x) if people is None else np.asarray(people, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    x, count = x[order], count[order]
    n, total = float(count.sum()), float((x * count).sum())
    if n < 1 or total <= 0:
        return math.nan
    before = np.cumsum(count) - count
    value = float((x * count * (2 * before + count - n)).sum()) / (n * total)
    return value * n / (n - 1) if corrected and n > 1 else value


def published_gini(contributions: npt.ArrayLike, people: npt.ArrayLike) -> tuple[float, bool]:
    """(value, is_corrected): times n/(n - 1) when fewer than 50 people, and said so."""
    small = float(np.asarray(people, dtype=np.float64).sum()) < SMALL_N
    return gini(contributions, people, corrected=small), small


def resampled(
    contributions: npt.ArrayLike, people: npt.ArrayLike, *, draws: int = DRAWS, seed: int = SEED
) -> tuple[Floats, Floats]:
    """Multinomial bootstrap of a histogram, fixed seed: (x ascending float[v], people drawn float[b, v]).

    People are drawn, not what they contributed: the interval does not narrow when each of them says everything twice.
    Row order and shards of the histogram do not matter.
    """
    x, where = np.unique(np.asarray(contributions, dtype=np.float64), return_inverse=True)
    count = np.bincount(where, np.asarray(people, dtype=np.float64), len(x))
    n = round(float(count.sum()))
    if n < 2 or float((x * count).sum()) <= 0:
        return x, np.zeros((0, len(x)))
    drawn = np.random.default_rng(seed).multinomial(n, count / n, draws).astype(np.float64)
    return x, drawn[drawn @ x > 0]


def interval(values: Floats, *, level: float = CI_LEVEL) -> tuple[float, float]:
    """Percentile interval of bootstrapped values float[b]; NaN where there are none."""
    if not len(values):
        return math.nan, math.nan
    low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def ginis(x: Floats, drawn: Floats, *, corrected: bool = False) -> Floats:
    """Gini of each row of people float[b, v] over x ascending float[v]."""
    upto = np.cumsum(drawn, axis=1)
    n = upto[:, -1] if len(x) else np.zeros(len(drawn))
    weighted = drawn * x
    values = np.einsum("bv,bv->b", weighted, 2 * upto - drawn - n[:, None]) / (n * weighted.sum(axis=1))
    return np.asarray(values * n / (n - 1) if corrected else values)


def gini_interval(
    contributions: npt.ArrayLike, people: npt.ArrayLike, *, corrected: bool = False, level: float = CI_LEVEL
) -> tuple[float, float]:
    """Percentile interval of `gini` by multinomial bootstrap of the histogram."""
    return interval(ginis(*resampled(contributions, people), corrected=corrected), level=level)


def top_shares(x: Floats, drawn: Floats, part: float) -> Floats:
    """Share of all contributions made by the most active `part` of people: 1 - L(1 - part) of the Lorenz curve.

    x: ascending float[v], people: float[b, v] -> float[b]. Of the person on the border a fraction counts, so that the
    share does not jump with n.
    """
    upto = np.cumsum(drawn, axis=1)
    n = upto[:, -1:]
    chosen = np.clip(part * n - (n - upto), 0, drawn)
    return np.asarray((chosen @ x) / (drawn @ x))


def top_share(contributions: npt.ArrayLike, people: npt.ArrayLike, part: float) -> float:
    """`top_shares` of one histogram; NaN where nobody contributed."""
    x, count = np.asarray(contributions, dtype=np.float64), np.asarray(people, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    return float(top_shares(x[order], count[None, order], part)[0]) if float(x @ count) > 0 else math.nan


def ei_index(external: float, internal: float) -> float:
    """(E - I)/(E + I), -1 all ties inside, +1 all across (Krackhardt & Stern 1988). NaN without ties."""
    ties = external + internal
    return (external - internal) / ties if ties > 0 else math.nan


def ei_expected(sizes: npt.ArrayLike) -> float:
    """(cross pairs - inside pairs)/all pairs for units of these sizes: what ties without regard to units would give."""
    size = np.asarray(sizes, dtype=np.float64)
    n = float(size.sum())
    pairs, inside = n * (n - 1) / 2, float((size * (size - 1) / 2).sum())
    return (pairs - 2 * inside) / pairs if pairs > 0 else math.nan


def ei_excess(external: float, internal: float, sizes: npt.ArrayLike) -> float:
    """E-I minus its expectation: small units always look open, large ones closed."""
    return ei_index(external, internal) - ei_expected(sizes)


def dyad_census(source: npt.ArrayLike, target: npt.ArrayLike, n_people: int) -> tuple[int, int, int]:
    """(mutual, asymmetric, null) dyads of distinct directed ties, loops ignored. source, target: labels [ties]."""
    arcs = {(a, b) for a, b in zip(np.asarray(source).tolist(), np.asarray(target).tolist(), strict=True) if a != b}
    mutual = sum((b, a) in arcs for a, b in arcs) // 2
    asymmetric = len(arcs) - 2 * mutual
    return mutual, asymmetric, n_people * (n_people - 1) // 2 - mutual - asymmetric


def reciprocity_arc(mutual: float, asymmetric: float) -> float:
    """2M/(2M + A): the chance that a tie is returned. Not M/(M + A)."""
    arcs = 2 * mutual + asymmetric
    return 2 * mutual / arcs if arcs > 0 else math.nan


def two_way_pair_share(mutual: float, asymmetric: float) -> float:
    """M/(M + A): connected pairs that are connected both ways."""
    pairs = mutual + asymmetric
    return mutual / pairs if pairs > 0 else math.nan


def unit_density(ties: float, n_a: float, n_b: float | None = None) -> float:
    """ties/(n_a n_b) between two units; ties/(n_a (n_a - 1)/2) within one (n_b None). Undirected ties."""
    pairs = n_a * (n_a - 1) / 2 if n_b is None else n_a * n_b
    return ties / pairs if pairs > 0 else math.nan


def cross_to_within(ties: npt.ArrayLike, sizes: npt.ArrayLike) -> float:
    """Pooled cross density over pooled within density. ties: float[u, u] symmetric, own ties on the diagonal."""
    table, size = np.asarray(ties, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    upper = np.triu(np.ones_like(table), 1)
    within = float((size * (size - 1) / 2).sum())
    cross = float((np.outer(size, size) * upper).sum())
    inside = float(np.diag(table).sum())
    if cross <= 0 or within <= 0 or inside <= 0:
        return math.nan
    return float((table * upper).sum()) / cross / (inside / within)


def unit_constraint(ties: npt.ArrayLike) -> Floats:
    """Burt's (1992) constraint of each unit: c_a = sum_b (p_ab + sum_c p_ac p_cb)^2 over the units b it has ties with.

    ties: float[u, u], directed or not, the diagonal ignored; p_ab = (w_ab + w_ba)/sum_c (w_ac + w_ca). NaN for a unit
    without ties. Only for the network of units.
    """
    weight = np.asarray(ties, dtype=np.float64)
    weight = weight + weight.T
    np.fill_diagonal(weight, 0.0)
    total = weight.sum(axis=1)
    share = np.divide(weight, total[:, None], out=np.zeros_like(weight), where=total[:, None] > 0)
    local = (share + share @ share) ** 2 * (weight > 0)
    return np.where(total > 0, local.sum(axis=1), math.nan)

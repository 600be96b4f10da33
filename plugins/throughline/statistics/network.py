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


def gini_interval(
    contributions: npt.ArrayLike,
    people: npt.ArrayLike,
    *,
    corrected: bool = False,
    level: float = CI_LEVEL,
    draws: int = 2_000,
    seed: int = SEED,
) -> tuple[float, float]:
    """Percentile interval by multinomial bootstrap of the histogram, fixed seed; does not depend on row order."""
    x, where = np.unique(np.asarray(contributions, dtype=np.float64), return_inverse=True)
    count = np.bincount(where, np.asarray(people, dtype=np.float64), len(x))
    n = round(float(count.sum()))
    if n < 2 or float((x * count).sum()) <= 0:
        return math.nan, math.nan
    drawn = np.random.default_rng(seed).multinomial(n, count / count.sum(), draws).astype(np.float64)
    before = np.cumsum(drawn, axis=1) - drawn
    total = drawn @ x
    values = ((drawn * (2 * before + drawn - n)) @ x)[total > 0] / (n * total[total > 0])
    low, high = np.quantile(values * (n / (n - 1) if corrected else 1.0), [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


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

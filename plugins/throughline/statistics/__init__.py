"""Statistics on small arrays: counts, sums and sums of products in, estimates with intervals out.

estimate      Estimate: number, error, interval, p; detectable difference
did           one start date: one change per cluster, Welch and permutation p; CR1 from cells
staggered     several start dates: ATT(g,t) from cohort moments      aggregates  simple, dynamic, group, event study
pretrend      were the groups parallel before?                       bacon       weights of forbidden comparisons
strata        landmark tables: risk difference, odds ratio           survival    time to close, win rate, log-rank
experiment    lots, ratios, multiplicity, hidden confounding         sequential  intervals for weekly looks
power         before the start: what could be found                  calibration how often the method cries wolf
adoption      Bass curve and reasons not to forecast                 forecast    bands and the crossing of 16 %
chasm         stage, chasm, growth                                   network     Gini, E-I, reciprocity, constraint
proportions   Wilson, Rogan-Gladen
row           ImpactRow, Checks, Thresholds                          guards      codes, claim level, verdict
sentences     the one sentence a result may have                     threats     what could still explain it

Nothing here reads a warehouse, a file, a clock or another part of throughline. Random numbers come from fixed seeds and
do not depend on the order of the rows.
Left out on purpose: matching, weighting by propensity, synthetic controls and anything that needs unit rows in Python.
"""

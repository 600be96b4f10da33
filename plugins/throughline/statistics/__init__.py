"""Statistics on small arrays: counts, sums and sums of products in, estimates with intervals out.

Nothing here reads a warehouse, a file, a clock or another part of throughline. One file per family of methods;
every function names its formula, shapes, units and source. Random numbers come from fixed seeds and do not depend on
the order of the rows.

Left out on purpose: matching, weighting by propensity, synthetic controls and anything that needs unit rows in Python.
"""

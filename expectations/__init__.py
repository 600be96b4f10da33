"""What must hold at the doors: one file a source on the way in, `raw.py` for every raw table, `kpi.py` on the way out.

Each file holds `SUITES`: table -> list of expectations, and `REQUIRED`: the tables that a file, or a publish, cannot
be without. Each expectation says what holds (`description`), and why its bound is where it is (`notes`). Severity
`critical` (the default) closes the door, `warning` is only reported. `{"$PARAMETER": name}` is filled in by quality.py.

These files import Great Expectations, which takes seconds: import them inside a task only.
"""

"""The published numbers once more, in plain Python from the raw Parquet rows and the definitions.

Nothing here is shared with the models: no SQL, no dbt, no module of the project but the name of the lake's folders.
Each module gives numbers as {(metric_id, unit, period_start): (value, n)} or the like; the tests compare.
"""

"""throughline: from collaboration to outcome.

landing    exports are dropped here and never changed          (landing.py, triggers.py)
intake     claim, open safely, parse, pseudonymise, raw Parquet (intake.py, sources/, privacy.py, lake.py)
door       expectations on one file, or quarantine              (quality.py, expectations/)
build      dbt: staging, intermediate, marts, kpi               (transform.py, warehouse/, dbt_project/)
exit       expectations and privacy on what is to be published  (quality.py)
publish    swapped whole, or the last publish stands            (warehouse/)
The ledger (ledger.py) knows every file and its state; an event is only a hint to look.
"""

__version__ = "0.1.0"

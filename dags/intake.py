"""
### Takes every new export of the landing zone, or quarantines it with one clear sentence

**When something is wrong, look here first.** Each file is one instance of `take`, named after the file and what
became of it. *quarantined* is not a failure of this DAG: the log of that instance (and `throughline quarantine`)
says what is wrong, where, and the remedy; mend the export and drop it again. A *failed* `take` is a fault of the
machine (disk, memory, killed): clear it, it starts over and changes nothing twice.

**Runs** when the folder watcher sees complete files that are new or changed (asset `landing`), and every ten
minutes in any case. The event is only a hint: `discover` lists the landing zone and compares it with the ledger, so
a lost, doubled or late event changes nothing.

**Tells** asset `raw/<source>` for each source with newly loaded files, and with it starts `transform`.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from throughline import settings
from throughline.assets import DEFAULTS, LANDING, RAW, emit

log = logging.getLogger(__name__)
OWNER = "airflow"  # of claims in the ledger: one run at a time, so a claim that a killed task left is free again
FILES_A_RUN = 1_000  # Airflow maps over at most 1,024; the sweep takes what is left over


@dag(
    dag_id="intake",
    schedule=AssetOrTimeSchedule(assets=LANDING, timetable=CronTriggerTimetable("*/10 * * * *", timezone="UTC")),
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["throughline", "landing"],
    doc_md=__doc__,
)
def intake() -> None:
    @task
    def discover(ti: Any) -> list[dict[str, str]]:
        """New files: [{name, file_id, source}], by name."""
        from throughline import intake

        return intake.discover(settings.load(), at=ti.start_date, owner=OWNER)[:FILES_A_RUN]

    @task(map_index_template="{{ label }}", doc_md="One file: its source, state and rows loaded.")
    def take(file: dict[str, str], ti: Any) -> dict[str, Any]:
        from throughline import intake

        context: dict[str, Any] = get_current_context()  # type: ignore[assignment]  # its label is ours to add
        context["label"] = file["name"]
        taken = intake.take(settings.load(), file["name"], file["file_id"], at=ti.start_date, owner=OWNER)
        context["label"] = f"{taken.name}: {taken.state}"
        log.info("%s: %s, %d rows loaded. %s", taken.name, taken.state, taken.rows_loaded, taken.sentence)
        return {"source": taken.source, "state": taken.state, "rows_loaded": taken.rows_loaded}

    @task(outlets=list(RAW.values()), trigger_rule=TriggerRule.ALL_DONE)
    def announce() -> dict[str, int]:
        """source -> files that no build has seen yet; each gets its asset event."""
        from throughline import transform

        files = transform.unbuilt(settings.load())
        if not files:
            raise AirflowSkipException("nothing new is loaded")
        count = {name: sum(entry.source == name for entry in files) for name in RAW}
        emit({RAW[name]: {"files": files} for name, files in count.items() if files})
        return {name: files for name, files in count.items() if files}

    @task(trigger_rule=TriggerRule.ONE_FAILED, retries=0)
    def notice_failures() -> None:
        """Fails the run when a step failed though the others went on."""
        raise AirflowException("a step failed for a reason outside the data; see its log, then clear it")

    files = discover()
    taken = take.expand(file=files)
    told = announce()
    taken >> told
    [files, taken, told] >> notice_failures()


intake()

"""
### What operators do by hand, and the alarm when data grows old

**When something is wrong, look here first.** A red `freshness` names each source that is silent for too long, and
where to drop its next export.

**Runs** every morning for the alarm, and calibrates: how often each design's method finds something where there is
nothing, on your own history. The next publish shows it in `kpi_calibration`; no publish waits for it. By hand
(*Trigger*, then the form) it can do one of these, and
- **reprocess** files: takes them again from the landing zone whatever became of them, for the reason given, and has
  everything built anew; the names are those of the ledger (`throughline status --files`);
- **roll_back**: makes the publish before the live one live again. The next publish goes forward again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from throughline import settings
from throughline.assets import DEFAULTS, KPI, RAW, WRITER_POOL, emit

FORM = {
    "what": Param(
        "freshness", enum=["freshness", "calibrate", "reprocess", "roll_back"], description="What is to be done."
    ),
    "files": Param([], type="array", items={"type": "string"}, description="Reprocess: one name a line."),
    "reason": Param("", type="string", description="Reprocess: why; it is kept in the ledger."),
    "stale_after_days": Param(9, type="integer", minimum=1, description="Freshness: a weekly export and two days."),
}


@dag(
    dag_id="maintain",
    schedule=CronTriggerTimetable("30 6 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    params=FORM,
    default_args=dict(DEFAULTS),
    tags=["throughline", "operations"],
    doc_md=__doc__,
)
def maintain() -> None:
    @task.branch
    def choose(params: dict[str, Any], dag_run: Any) -> list[str]:
        """The one task that the form asks for; every morning the alarm and the calibration."""
        return ["freshness", "calibrate"] if dag_run.run_type == "scheduled" else [str(params["what"])]

    @task
    def freshness(params: dict[str, Any], ti: Any) -> None:
        """Fails with one sentence for each source that is silent for too long."""
        from throughline.freshness import stale

        after = timedelta(days=params["stale_after_days"])
        if sentences := stale(settings.load(), at=ti.start_date, after=after):
            raise AirflowFailException(" · ".join(sentences))

    @task(pool=WRITER_POOL)
    def calibrate() -> list[str]:
        """One sentence a design and check; kept for the next publish. Nothing before the first build, or amid one."""
        from throughline import calibration, transform

        config = settings.load()
        rows = calibration.renew(config) if transform.is_audited(config) else []
        return [f"{row.design_id}, {row.check_name}: {row.sentence}" for row in rows]

    @task(outlets=list(RAW.values()))
    def reprocess(params: dict[str, Any], ti: Any) -> list[str]:
        """Take the files again; what became of each."""
        from throughline import intake

        if not params["files"] or not params["reason"].strip():
            raise AirflowFailException("name at least one file and give a reason in the form")
        taken = intake.reprocess(settings.load(), params["files"], at=ti.start_date, reason=params["reason"])
        emit({RAW[t.source]: {"reason": "reprocess"} for t in taken if t.state == "loaded"})
        return [f"{t.name}: {t.state}. {t.sentence}" for t in taken]

    @task(pool=WRITER_POOL, outlets=[KPI])
    def roll_back() -> dict[str, str]:
        """The publish that is live again."""
        from throughline import transform

        live = transform.rollback(settings.load())
        emit({KPI: {"publish_id": live.publish_id, "rolled_back": True}})
        return {"publish_id": live.publish_id, "published_at": live.published_at.isoformat()}

    choose() >> [freshness(), calibrate(), reprocess(), roll_back()]  # type: ignore[call-arg]  # Airflow fills in the context


maintain()

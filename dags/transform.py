"""
### Builds the KPIs beside the published ones, audits them, and swaps them in whole

**When something is wrong, look here first.** Whatever fails before `publish` leaves the last publish as it is.
A red model or test: its log names the reason; correct the data or the model, then clear `dbt` of its group with all
that is downstream: dbt builds again what changed or failed, which gives the same tables from the same files. A red
`audit`: the Data Docs under `docs/quality` show the rows that broke an expectation.

**Runs** when intake tells that a source has newly loaded files (any asset `raw/<source>`), or by hand, which always
builds. One run at a time; what arrives meanwhile is built by the next one.

**Tells** asset `kpi` when something else than before was published.

Every dbt model and its tests are nodes, and the arrows show what reads what. In each of the two groups the task `dbt`
runs dbt, and the nodes wait from the run's beginning to show what it reports; between the groups `evidence` turns the
marts' aggregates into estimates. All tasks that open the warehouse share the one-slot pool `warehouse_writer`.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetAny, TaskGroup, task
from airflow.sdk.exceptions import AirflowSkipException

from throughline import models, nodes, settings
from throughline.assets import DEFAULTS, KPI, RAW, WRITER_POOL, emit


def dbt_nodes(group_id: str) -> Any:
    """A group of the task that runs dbt, which is returned, and the models that show its work, each with its tests."""

    @task(task_id="dbt", pool=WRITER_POOL, retries=1)  # all of dbt's work again
    def run_dbt(ti: Any) -> None:
        """One dbt build of the group's models and tests, in order; the nodes show what it reports."""
        from throughline import transform

        config = settings.load()
        name = f"{group_id}-{ti.id}"  # another one each time the task starts
        with nodes.writing(config.home, name) as note:
            ti.xcom_push(key=nodes.RESULTS, value=name)
            transform.dbt_here(config, group_id, note)

    with TaskGroup(group_id):
        runs, runner = run_dbt(), f"{group_id}.dbt"
        built: dict[str, TaskGroup] = {}
        every = models.models(settings.load(), group_id)
        for unique_id, model in every.items():
            with TaskGroup(model.name) as built[unique_id]:
                run = nodes.DbtNode(task_id="run", runner=runner, unique_ids=[unique_id])
                if model.tests:
                    run >> nodes.DbtNode(task_id="test", runner=runner, unique_ids=list(model.tests))
        for unique_id, model in every.items():
            parents = [built[parent] for parent in model.parents if parent in built]
            (parents or [runs]) >> built[unique_id]
    return runs


class Transform(DAG):
    """Hashes by its name: Airflow hashes the DAG with each edge, and would go through all assets of its schedule."""

    def __hash__(self) -> int:
        return hash(self.dag_id)


with Transform(
    dag_id="transform",
    schedule=AssetAny(*RAW.values()),
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["throughline", "kpi"],
    doc_md=__doc__,
):

    @task(pool=WRITER_POOL)
    def prepare(dag_run: Any) -> None:
        """Schema raw of the warehouse; ends the run quietly when an earlier run has built it all."""
        from throughline import transform

        config = settings.load()
        if dag_run.run_type == "asset_triggered" and not transform.unpublished(config):
            raise AirflowSkipException("an earlier run has built all that is loaded")
        transform.prepare(config)

    @task(pool=WRITER_POOL)
    def evidence(ti: Any) -> None:
        """The registered designs' results, from the marts into what the kpi models read."""
        from throughline import transform

        transform.weigh(settings.load(), at=ti.start_date)

    @task(pool=WRITER_POOL)
    def audit(ti: Any) -> None:
        """Great Expectations on what is about to be published."""
        from throughline import transform

        transform.audit(settings.load(), at=ti.start_date)

    @task(pool=WRITER_POOL, outlets=[KPI])
    def publish(ti: Any) -> dict[str, Any]:
        """Swap the audited tables in."""
        from throughline import transform

        done = transform.publish(settings.load(), at=ti.start_date)
        emit({KPI: {"publish_id": done.publish_id, "rows": sum(done.rows.values())}} if done.is_new else {})
        return {"publish_id": done.publish_id, "is_new": done.is_new, "rows": done.rows}

    prepare() >> dbt_nodes("models") >> evidence() >> dbt_nodes("kpi") >> audit() >> publish()

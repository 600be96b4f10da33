"""
### Builds the KPIs beside the published ones, audits them, and swaps them in whole

**When something is wrong, look here first.** Whatever fails before `publish` leaves the last publish as it is.
A red model or test: its log names the reason; correct the data or the model, then clear `dbt_producer_watcher` of
its group (with downstream): dbt builds everything again, which gives the same tables from the same files. A red
`audit`: the Data Docs under `docs/quality` show the rows that broke an expectation.

**Runs** when intake tells that a source has newly loaded files (any asset `raw/<source>`), or by hand, which always
builds. One run at a time; what arrives meanwhile is built by the next one.

**Tells** asset `kpi` when something else than before was published.

Every dbt model and test is a node. In each of the two groups one task (`dbt_producer_watcher`) runs dbt and the nodes
watch it; between them `evidence` turns the marts' aggregates into estimates. All tasks that open the warehouse share
the one-slot pool `warehouse_writer`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from airflow.sdk import AssetAny, dag, get_parsing_context, task
from airflow.sdk.exceptions import AirflowException
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior

from throughline import settings
from throughline.assets import DEFAULTS, KPI, RAW, WRITER_POOL, emit
from throughline.source import Refused

DBT_PROJECT = Path(__file__).parents[1] / "dbt_project"
TARGETS = {"duckdb": "duckdb", "postgresql": "postgres", "spark": "spark"}  # URL's scheme -> target in profiles.yml


def run_dbt_again(context: Any) -> None:
    """Before the task that runs dbt: a retried or cleared one runs it again, where Cosmos alone would skip it.

    The profile's environment may hold a password, so it is given here and is no argument that Airflow stores.
    """
    from throughline import transform

    context["ti"].try_number = 1
    context["task"].env = transform.dbt_profile(settings.load())
    context["task"].on_failure_callback = context["task"].on_retry_callback = None  # they keep results for that skip


def only_watch(context: Any) -> None:
    """Before each node: Cosmos would let a retried one run dbt by itself, and two would fight for the warehouse."""

    def refuse(*_: Any, **__: Any) -> bool:
        raise AirflowException(f"dbt did not get this far: clear {context['task'].producer_task_id} with downstream")

    context["ti"].try_number = 1  # a first try reads what dbt reported
    context["task"]._fallback_to_non_watcher_run = refuse


GROUPS = {"models": ("staging", "intermediate", "marts"), "kpi": ("kpi",)}


def node_being_run() -> tuple[str, str]:
    """(group, model) while a worker reads this file to run a node that only watches; ("", "") otherwise.

    Building three hundred tasks to run one takes a third of such a task's time.
    """
    group, _, node = (get_parsing_context().task_id or "").partition(".")
    is_watcher = group in GROUPS and not node.startswith("dbt_producer_watcher")
    return (group, re.sub(r"(\.test|\.run|_run)$", "", node)) if is_watcher else ("", "")


def dbt_nodes(group_id: str, model: str = "") -> DbtTaskGroup:
    """The group's models and tests as tasks, or those of one model. Raises Refused without a manifest."""
    config = settings.load()
    manifest = config.home / "dbt" / "target" / "manifest.json"
    if not manifest.exists():
        raise Refused(
            "there is no dbt manifest, so the models are not known",
            where=str(manifest),
            remedy="`make up` writes it; elsewhere run: python -m throughline.demo manifest",
        )
    project = ProjectConfig(dbt_project_path=DBT_PROJECT, manifest_path=manifest, install_dbt_deps=False)
    project.manifest_path = manifest  # as a plain path: object storage would load S3 and FastAPI for each task
    return DbtTaskGroup(
        group_id=group_id,
        project_config=project,
        profile_config=ProfileConfig(
            profile_name="throughline",
            target_name=TARGETS[config.warehouse.split(":")[0]],
            profiles_yml_filepath=DBT_PROJECT / "profiles.yml",
        ),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            invocation_mode=InvocationMode.DBT_RUNNER,  # dbt ends with its task; a child process would outlive it
            setup_operator_args={
                "pool": WRITER_POOL,
                "pre_execute": run_dbt_again,
                "retries": 1,  # all of dbt's work again
                "dbt_cmd_flags": ["--exclude-resource-type", "unit_test"],  # they test the SQL, not the data
            },
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            select=[model] if model else [f"path:models/{folder}" for folder in GROUPS[group_id]],
            test_behavior=TestBehavior.AFTER_EACH,
            emit_datasets=False,  # their names follow the engine; our assets do not
        ),
        operator_args={"append_env": True, "poke_interval": 5, "pre_execute": only_watch},
    )


@dag(
    dag_id="transform",
    schedule=AssetAny(*RAW.values()),
    catchup=False,
    max_active_runs=1,
    default_args=dict(DEFAULTS),
    tags=["throughline", "kpi"],
    doc_md=__doc__,
)
def transform() -> None:
    @task.short_circuit(pool=WRITER_POOL)
    def prepare(dag_run: Any) -> bool:
        """Schema raw of the warehouse; ends the run quietly when an earlier run has built it all."""
        from throughline import transform

        config = settings.load()
        if dag_run.run_type == "asset_triggered" and not transform.unpublished(config):
            return False
        transform.prepare(config)
        return True

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

    group, model = node_being_run()
    if model:
        dbt_nodes(group, model)
    else:
        prepare() >> dbt_nodes("models") >> evidence() >> dbt_nodes("kpi") >> audit() >> publish()


transform()

"""What Airflow loads from plugins/: only this thin file (see .airflowignore); the package is imported by name."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class ThroughlinePlugin(AirflowPlugin):
    """Makes throughline visible under Admin > Plugins, and keeps its trigger importable for the triggerer."""

    name = "throughline"

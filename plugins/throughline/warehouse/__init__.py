"""The engines: each reads raw Parquet, publishes the kpi schema whole, and rolls back. Only DuckDB so far."""

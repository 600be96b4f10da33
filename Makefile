SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export DO_NOT_TRACK := 1

help: ## what can be done here
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 10

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	if command -v uv >/dev/null; then uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock; \
	else $(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock; fi
	$(BIN)/python -m pip install -q --no-build-isolation --no-deps -e .
	touch $@

setup: .venv/ready ## the environment, from the hash-locked requirements.lock

demo: setup ## the sample organisation through Airflow to published KPIs, by events alone (KEEP=1 leaves the UI up)
	$(BIN)/python -m throughline.demo $(if $(KEEP),--keep)

run: setup ## the same work without Airflow, into var/run
	THROUGHLINE_HOME=$${THROUGHLINE_HOME:-var/run} bash -ec '$(BIN)/throughline sample $$THROUGHLINE_HOME/landing && $(BIN)/throughline run'

up: setup ## Airflow on your own landing zone
	$(BIN)/python -m throughline.demo up

docs: setup ## every table, column and definition as one page, var/docs/static_index.html
	THROUGHLINE_DUCKDB_PATH=:memory: $(BIN)/dbt docs generate --quiet --static --empty-catalog --no-populate-cache --project-dir dbt_project \
		--profiles-dir dbt_project --target-path $(CURDIR)/var/docs --log-path $(CURDIR)/var/docs

test: setup ## every test; one file stays on one worker, so that what it starts is started once
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup ## ruff, mypy, sqlfluff
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && THROUGHLINE_DUCKDB_PATH=:memory: $(BIN)/sqlfluff lint dbt_project/models

bench: setup ## measured ratios against peers and the floor; ENGINE=all: the engines side by side (MESSAGES=1000000); EVIDENCE=1: the impact engine
	$(BIN)/python -m tests.bench $(if $(EVIDENCE),evidence,$(if $(ENGINE),engines $(ENGINE) $(or $(MESSAGES),200000),$(MESSAGES)))

lock: ## compile requirements.lock from pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --all-extras --no-annotate \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock

.PHONY: help setup demo run up docs test lint bench lock

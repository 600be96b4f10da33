# One image for every Airflow component: the hash-locked environment and the project. Runs as a user without rights.
FROM python:3.11.9-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# Only Spark needs it: --build-arg JAVA_PACKAGE=openjdk-17-jre-headless
ARG JAVA_PACKAGE=""
RUN if [ -n "$JAVA_PACKAGE" ]; then \
      apt-get update && apt-get install --yes --no-install-recommends procps "$JAVA_PACKAGE" && \
      rm -rf /var/lib/apt/lists/*; \
    fi

RUN groupadd --gid 50000 airflow \
 && useradd --uid 50000 --gid airflow --create-home --home-dir /opt/airflow airflow \
 && install -d -o airflow -g airflow /opt/airflow/logs /var/lib/throughline /landing

COPY requirements.lock /tmp/requirements.lock
RUN pip install --no-deps --require-hashes -r /tmp/requirements.lock && rm /tmp/requirements.lock

COPY dags /opt/throughline/dags
COPY dbt_project /opt/throughline/dbt_project
COPY expectations /opt/throughline/expectations
COPY plugins /opt/throughline/plugins

ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/throughline/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/throughline/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    DO_NOT_TRACK=1 \
    GX_ANALYTICS_ENABLED=false \
    PYTHONPATH=/opt/throughline/plugins:/opt/throughline \
    THROUGHLINE_HOME=/var/lib/throughline \
    THROUGHLINE_LANDING=/landing

USER airflow
WORKDIR /opt/airflow
ENTRYPOINT ["airflow"]
CMD ["version"]

#!/bin/sh
# Apache Spark on this machine: start its Connect server, ask it what `make test` asks Sail, stop it. Needs Java 17 or newer.
# Usage: scripts/spark.sh [serve]     serve: start it, say its address, stay until Ctrl-C
# It has an environment of its own in build/spark (some 500 MB), for pyspark and pyspark-client are one package twice.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
what=${1:-test}
case $what in test | serve) ;; *) echo "usage: scripts/spark.sh [serve]" >&2; exit 2 ;; esac
fail() { echo "spark: $*" >&2; exit 1; }

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || true
[ "${version:-0}" -ge 17 ] || fail "Java 17 or newer is needed (apt-get install openjdk-17-jre-headless)."
scripts/setup.sh dev
own=$root/build/spark
if [ "$(cat "$own/made-from" 2>/dev/null)" != "$(sha256sum <requirements/spark.txt)" ]; then
    echo "spark: installing Apache Spark"
    python3 -m venv --clear "$own"
    "$own/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/spark.txt
    sha256sum <requirements/spark.txt >"$own/made-from"
fi
SPARK_HOME=$("$own/bin/python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)')
export SPARK_HOME

port=$("$own/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
place=$(mktemp -d)  # what a server leaves lying where it was started
cd "$place"
"$SPARK_HOME/bin/spark-submit" --class org.apache.spark.sql.connect.service.SparkConnectServer --master 'local[2]' \
    --driver-memory "${SPARK_MEMORY:-2g}" --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$port" \
    --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 >"$place/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$place"' EXIT
trap 'exit 130' INT TERM
waited=0
until "$own/bin/python" -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null; do
    kill -0 $server 2>/dev/null || { tail -20 "$place/log" >&2; fail "the server ended"; }
    waited=$((waited + 1))
    [ $waited -lt 120 ] || { tail -20 "$place/log" >&2; fail "the server does not answer"; }
    sleep 1
done
SPARK_REMOTE=sc://127.0.0.1:$port
export SPARK_REMOTE
echo "spark: $(sed -n 's/^pyspark==\([0-9.]*\).*/\1/p' "$root/requirements/spark.txt") on Java $version at $SPARK_REMOTE"
if [ "$what" = serve ]; then
    wait $server
else
    cd "$root"
    .venv/bin/python -m pytest tests/screen/test_cluster.py -m spark -q
fi

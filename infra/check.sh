#!/bin/sh
# Installs what the checks of infra/ need where it is missing, and runs them.
set -eu
cd "$(dirname "$0")/.."

. infra/packages.sh
need promtool prometheus
need shellcheck shellcheck
need systemd-analyze systemd
install_needed

venv=target/venv-infra
if ! cmp -s infra/requirements.txt $venv/.installed; then
    python3 -m venv $venv
    $venv/bin/pip install --quiet --require-virtualenv -r infra/requirements.txt >&2
    cp infra/requirements.txt $venv/.installed
fi
$venv/bin/python infra/check.py

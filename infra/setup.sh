#!/bin/sh
# Installs what a fresh Debian machine lacks: `setup.sh run` for building and
# running, `setup.sh test` for the tests as well, `setup.sh bench` for figures. Without the rights to
# install, it prints the exact command.
set -eu
cd "$(dirname "$0")/.."

. infra/packages.sh
need cc gcc
need setpriv util-linux
need node nodejs
need npm npm
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql
if [ "${1:-run}" = bench ]; then
    need curl curl
    need wrk wrk
    need pgrep procps
fi
if [ "${1:-run}" = test ]; then
    need chromium chromium
    need curl curl
    need go golang-go
    need fish fish
    need groff groff-base
    need zsh zsh
    need openssl openssl
    need python3 python3
    need faketime faketime
    python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || packages="$packages python3-venv"
fi

install_needed

if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing. Install it from https://rustup.rs, then try again." >&2
    exit 1
fi
if command -v rustup >/dev/null 2>&1; then
    rustup target list --installed | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
fi

# npm's and pip's own stamps: nothing is done where nothing has changed.
if ! cmp -s package-lock.json node_modules/.installed; then
    npm ci --no-fund --no-audit >&2
    cp package-lock.json node_modules/.installed
fi
if [ "${1:-run}" = test ] && ! cmp -s tests/requirements.txt target/venv/.installed; then
    python3 -m venv target/venv
    target/venv/bin/python3 -m pip install --quiet --require-virtualenv -r tests/requirements.txt >&2
    cp tests/requirements.txt target/venv/.installed
fi

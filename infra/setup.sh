#!/bin/sh
# Installs what a fresh Debian machine lacks: `setup.sh run` for building and
# running, `setup.sh test` for the tests as well, `setup.sh bench` for figures. Without the rights to
# install, it prints the exact command.
set -eu
cd "$(dirname "$0")/.."

packages=""
need() { # COMMAND PACKAGE: the package, unless the command is there
    command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}
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
    need python3 python3
    need faketime faketime
    python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || packages="$packages python3-venv"
fi

if [ -n "$packages" ]; then
    install="apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends$packages"
    if [ "$(id -u)" = 0 ]; then
        sh -c "$install" >&2
    elif sudo -n true 2>/dev/null; then
        sudo sh -c "$install" >&2
    else
        echo "These Debian packages are missing. Install them, then try again:" >&2
        echo "    sudo sh -c '$install'" >&2
        exit 1
    fi
fi

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
    target/venv/bin/pip install --quiet --require-virtualenv -r tests/requirements.txt >&2
    cp tests/requirements.txt target/venv/.installed
fi

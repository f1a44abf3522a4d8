#!/bin/sh
# Installs the tools of `make check`, at fixed versions, where they are missing.
set -eu

tool() { # CRATE VERSION COMMAND [OPTIONS]: what the command says of itself decides
    crate=$1 version=$2 command=$3
    shift 3
    case "$($command --version 2>/dev/null || true)" in
        *"$version"*) ;;
        *) cargo install --quiet --locked "$crate@$version" "$@" ;;
    esac
}
tool cargo-deny 0.20.2 "cargo deny"
tool cargo-machete 0.9.2 cargo-machete
ls /usr/include/postgresql/libpq-fe.h >/dev/null 2>&1 || {
    install="apt-get update && apt-get install -y --no-install-recommends libpq-dev"
    if [ "$(id -u)" = 0 ]; then sh -c "$install" >&2; else
        echo "Install the Debian package libpq-dev, then try again: sudo sh -c '$install'" >&2
        exit 1
    fi
}
tool diesel_cli 2.3.14 diesel --no-default-features --features postgres

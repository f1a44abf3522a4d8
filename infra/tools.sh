#!/bin/sh
# Installs the tools of `make check`, at fixed versions, where they are missing.
set -eu
cd "$(dirname "$0")/.."
. infra/packages.sh

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
[ -e /usr/include/postgresql/libpq-fe.h ] || packages="$packages libpq-dev"
install_needed
tool diesel_cli 2.3.14 diesel --no-default-features --features postgres

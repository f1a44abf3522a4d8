#!/bin/sh
# Writes crates/core/src/schema.rs from the migrations; with --check, only
# says whether it is what they make.
set -eu
cd "$(dirname "$0")/.."

data=$(mktemp -d /tmp/weighhouse-schema-XXXXXX)
chmod 755 "$data"
target/debug/weighhouse --log warn up --data "$data" --listen 127.0.0.1:0 >"$data/log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$data"' EXIT
tries=0
until grep -q setup "$data/log"; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { cat "$data/log" >&2; exit 1; }
    sleep 0.1
done
socket=$(printf %s "$data/socket" | sed 's|/|%2F|g')
diesel print-schema --database-url "postgres://weighhouse_owner@$socket/weighhouse" >"$data/schema.rs"
if [ "${1:-}" = --check ]; then
    diff -u crates/core/src/schema.rs "$data/schema.rs" || {
        echo "schema.rs is not what the migrations make; run make schema" >&2
        exit 1
    }
else
    cp "$data/schema.rs" crates/core/src/schema.rs
fi

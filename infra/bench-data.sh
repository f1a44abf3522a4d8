#!/bin/sh
# Figures of BENCHMARKS.md for `wh data add`: time and memory of 1 GB of CSV and
# of Parquet. BYTES sets the size; needs GNU time and a release build of `wh`.
set -eu
cd "$(dirname "$0")/.."

bytes=${BYTES:-1000000000}
work=$(mktemp -d /tmp/weighhouse-bench-XXXXXX)
trap 'rm -rf "$work"' EXIT

cargo build --quiet --release -p weighhouse-profile --example sample
for format in csv parquet; do
    file=$work/sample.$format
    target/release/examples/sample "$file" "$bytes"
    cat "$file" >/dev/null
    /usr/bin/time -f "$format, $((bytes / 1000000)) MB: %e s (%U s user, %S s system), peak %M kB" \
        target/release/wh data add "$file" --dry-run --json >/dev/null
done

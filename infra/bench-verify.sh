#!/bin/sh
# Time and memory of verifying an exported audit log offline; LEAVES sets how
# many leaves it has. Part of `make bench`.
set -eu
cd "$(dirname "$0")/.."

leaves=${LEAVES:-1000000}
work=$(mktemp -d /tmp/weighhouse-bench-XXXXXX)
trap 'rm -rf "$work"' EXIT
cargo run --quiet --release -p weighhouse-ledger --example audit_export -- "$leaves" >"$work/log.jsonl" 2>"$work/key"
key=$(tail -1 "$work/key")
begun=$(date +%s%N)
target/release/wh verify "$work/log.jsonl" --key "$key" >"$work/said" &
client=$!
peak=0 ticks=0
while kill -0 "$client" 2>/dev/null; do
    peak=$(awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$client/status" 2>/dev/null || echo "$peak")
    ticks=$(awk '{print $14 + $15}' "/proc/$client/stat" 2>/dev/null || echo "$ticks")
    sleep 0.02
done
wait "$client"
took=$((($(date +%s%N) - begun) / 1000000))
grep -q "number 0 to $((leaves - 1))" "$work/said"
echo "wh verify of $leaves leaves ($(du -m "$work/log.jsonl" | cut -f1) MB): $took ms, $((${ticks:-0} * 1000 / $(getconf CLK_TCK))) ms of them computing, peak ${peak:-0} MB"

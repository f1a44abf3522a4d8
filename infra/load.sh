#!/bin/sh
# Figures of BENCHMARKS.md under load: audited mutations a second, pages
# beside sign-ins, memory. Everything runs and stays on this machine. Run it
# through `make bench`; SECONDS_EACH sets how long each figure is measured.
set -eu
cd "$(dirname "$0")/.."

each=${SECONDS_EACH:-10}
. infra/bench-server.sh
sleep 2
echo "memory idle, Postgres apart: $(awk '/VmRSS/ {print int($2 / 1024)}' /proc/$server/status) MB"

clients 64 "$work/64"
head -n 1 "$work/64" >"$work/1"

# Hundredths of a second of CPU that server and Postgres have had.
postgres=$(head -n 1 "$work/data/postgres/postmaster.pid")
cpu() {
    for pid in $server $(pgrep -P "$postgres"); do cat "/proc/$pid/stat"; done | awk '{ ticks += $14 + $15 } END { print ticks }'
}

for what in projects models versions; do
    for tenants in 1 64; do
        for clients in 8 32; do
            before=$(cpu)
            figure=$(WHAT=$what TOKENS=$work/$tenants wrk -t1 -c$clients -d"${each}s" -s tests/load/mutations.lua "$url" | tail -n 1)
            each_cpu=$(echo "$figure" | awk -v ticks=$(($(cpu) - before)) '{ printf "%.2f", ticks * 10 / $1 }')
            echo "$what made, $tenants tenants, $clients clients: $figure, $each_cpu ms of CPU each"
        done
    done
done

echo "memory after that: $(awk '/VmRSS/ {print int($2 / 1024)}' /proc/$server/status) MB"

COOKIE=$(curl -s -o /dev/null -D - -H 'Sec-Fetch-Site: same-origin' -H 'Accept: text/html' \
    -d 'email=e@bench.example&password=a long enough password' "$url/do/sign-in" |
    sed -n 's/^set-cookie: wh_session=\([^;]*\).*/\1/p')
export COOKIE
page=$url/t/client-1
pages() { wrk -t1 -c4 -d"${each}s" --latency -s tests/load/pages.lua "$page" | tail -n 1; }
echo "a page, 4 at once, alone: $(pages)"
wrk -t1 -c64 -d"$((each + 2))s" --timeout 30s -s tests/load/sign-ins.lua "$url/do/sign-in" >"$work/sign-ins" &
sleep 1
echo "a page, 4 at once, beside 64 who sign in without end: $(pages)"
wait $!
echo "the sign-ins: $(tail -n 1 "$work/sign-ins")"
echo "memory after all that: $(awk '/VmRSS/ {print int($2 / 1024)}' /proc/$server/status) MB, peak $(awk '/VmHWM/ {print int($2 / 1024)}' /proc/$server/status) MB"

#!/bin/sh
# Figures of BENCHMARKS.md under load: audited mutations a second, pages
# beside sign-ins, memory. Everything runs and stays on this machine. Run it
# through `make bench`; SECONDS_EACH sets how long each figure is measured.
set -eu
cd "$(dirname "$0")/.."

each=${SECONDS_EACH:-10}
port=${PORT:-8098}
work=$(mktemp -d /tmp/weighhouse-load-XXXXXX)
chmod 755 "$work"
weighhouse=target/release/weighhouse
url=http://127.0.0.1:$port

$weighhouse --log warn up --data "$work/data" --listen 127.0.0.1:$port >"$work/log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$work"' EXIT
until curl -fs -o /dev/null "$url/readyz"; do
    kill -0 $server || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
done
sleep 2
echo "memory idle, Postgres apart: $(awk '/VmRSS/ {print int($2 / 1024)}' /proc/$server/status) MB"

admin() { $weighhouse admin "$@" --data "$work/data"; }
admin agency create --name Bench --slug bench >/dev/null
echo "a long enough password" | admin user create --email e@bench.example --password-stdin --agency bench --role engineer >/dev/null
tenant=0
while [ $tenant -lt 64 ]; do
    admin tenant create --agency bench --slug client-$tenant >/dev/null
    admin project create --tenant client-$tenant --slug speed >/dev/null
    token=$(admin token create --user e@bench.example --tenant client-$tenant --scope read,register --expires 1d)
    echo "client-$tenant $(echo "$token" | sed 's/.*"token":"\([^"]*\)".*/\1/')" >>"$work/64"
    tenant=$((tenant + 1))
done
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

#!/bin/sh
# How far signed checkpoints are behind when the logs of many tenants grow at
# once; TENANTS sets how many. Part of `make bench`.
set -eu
cd "$(dirname "$0")/.."

tenants=${TENANTS:-500}
each=${SECONDS_EACH:-10}
port=${PORT:-8098}
work=$(mktemp -d /tmp/weighhouse-sign-XXXXXX)
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

admin() { $weighhouse admin "$@" --data "$work/data"; }
admin agency create --name Bench --slug bench >/dev/null
echo "a long enough password" | admin user create --email e@bench.example --password-stdin --agency bench --role engineer >/dev/null
tenant=0
while [ $tenant -lt "$tenants" ]; do
    admin tenant create --agency bench --slug client-$tenant >/dev/null
    token=$(admin token create --user e@bench.example --tenant client-$tenant --scope read,register --expires 1d)
    echo "client-$tenant $(echo "$token" | sed 's/.*"token":"\([^"]*\)".*/\1/')" >>"$work/tokens"
    tenant=$((tenant + 1))
done

# Of each log the oldest leaf that no checkpoint speaks for yet: the age of the oldest of all.
sql="SELECT count(*), coalesce(round(max(extract(epoch FROM clock_timestamp()
         - (convert_from(l.leaf, 'UTF8')::jsonb ->> 'time')::timestamptz)), 1), 0)
     FROM audit_heads h LEFT JOIN audit_checkpoints c USING (tenant_id)
     JOIN audit_leaves l ON l.tenant_id = h.tenant_id AND l.index = coalesce(c.signed, 0)"
socket=$(sed -n 5p "$work/data/postgres/postmaster.pid")
behind() { psql -qAtF ' ' -h "$socket" -U weighhouse_owner -d weighhouse -c "$sql"; }
settle() {
    while sleep 0.2; do
        set -- $(behind)
        [ "$1" -gt 0 ] || break
        echo "$2"
    done
}
say() { sort -n "$work/ages" | tail -n 1 | sed "s/.*/$1: oldest unsigned leaf & s old/"; }

settle >/dev/null
WHAT=projects TOKENS=$work/tokens wrk -t1 -c8 -d"${each}s" -s tests/load/mutations.lua "$url" >"$work/load" 2>&1 &
load=$!
while kill -0 $load 2>/dev/null; do
    behind | cut -d' ' -f2
    sleep 0.2
done >"$work/ages"
settle >>"$work/ages"
echo "$(tail -n 1 "$work/load")"
say "$tenants logs that grow for $each s"

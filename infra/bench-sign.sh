#!/bin/sh
# How far signed checkpoints are behind when the logs of many tenants grow at
# once; TENANTS sets how many. Part of `make bench`.
set -eu
cd "$(dirname "$0")/.."

tenants=${TENANTS:-500}
each=${SECONDS_EACH:-10}
. infra/bench-server.sh
clients "$tenants" "$work/tokens"

# Of each log the oldest leaf that no checkpoint speaks for yet: the age of the oldest of all.
sql="SELECT count(*), coalesce(round(max(extract(epoch FROM clock_timestamp()
         - (convert_from(l.leaf, 'UTF8')::jsonb ->> 'time')::timestamptz)), 1), 0)
     FROM audit_heads h LEFT JOIN audit_checkpoints c USING (tenant_id)
     JOIN audit_leaves l ON l.tenant_id = h.tenant_id AND l.index = coalesce(c.signed, 0)"
socket=$(sed -n 5p "$work/data/postgres/postmaster.pid")
behind() { psql -qAtF ' ' -h "$socket" -U weighhouse_owner -d weighhouse -c "$sql"; }
settle() {
    while sleep 0.2; do
        now=$(behind)
        [ "${now% *}" -gt 0 ] || break
        echo "${now#* }"
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

#!/bin/sh
# Fills a data folder with made-up data of years: `seed-large.sh FOLDER`.
# TENANTS, MODELS, VERSIONS and SEED set how much and which. The logins' one
# password is printed, and kept in FOLDER/seeded.json.
set -eu
cd "$(dirname "$0")/.."

data=$1
weighhouse=target/release/weighhouse
[ ! -e "$data" ] || { echo "$data is there already: remove it, or give another with DATA=" >&2; exit 1; }
mkdir -p "$data"
chmod 755 "$data"
# ‘up’ says where it keeps the data, if not there.
$weighhouse --log warn up --data "$data" --listen 127.0.0.1:0 >"$data/seed.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server || true' EXIT
tries=0
until $weighhouse admin job list --data "$data" >/dev/null 2>&1; do
    kill -0 $server && [ $tries -lt 300 ] || { cat "$data/seed.log" >&2; exit 1; }
    tries=$((tries + 1))
    sleep 0.2
done
begun=$(date +%s)
$weighhouse admin seed-large --data "$data" --tenants "${TENANTS:-500}" --models "${MODELS:-20000}" \
    --versions "${VERSIONS:-200000}" --seed "${SEED:-1}" >"$data/seeded.partial"
mv "$data/seeded.partial" "$data/seeded.json"
echo "made in $(($(date +%s) - begun)) s:" >&2
cat "$data/seeded.json"

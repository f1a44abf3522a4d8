#!/bin/sh
# Figures of BENCHMARKS.md that need only this machine: start times, upload
# and download against sha256sum, memory while a large file passes. Run it
# through `make bench`; SIZE_MB sets the file's size.
set -eu
cd "$(dirname "$0")/.."

size=${SIZE_MB:-2048}
port=${PORT:-8099}
work=$(mktemp -d /tmp/weighhouse-bench-XXXXXX)
chmod 755 "$work"
weighhouse=target/release/weighhouse
wh=target/release/wh
url=http://127.0.0.1:$port
export WH_URL=$url XDG_CONFIG_HOME="$work/config"

now() { date +%s%N; }
ms() { echo $((($(now) - $1) / 1000000)); }
rss() { awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$1/status"; }
peak() { awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$1/status"; }

start() { # LABEL: starts `up` and prints the time to the first /healthz
    begun=$(now)
    $weighhouse --log warn up --data "$work/data" --listen 127.0.0.1:$port >"$work/log" 2>&1 &
    server=$!
    until curl -fs -o /dev/null "$url/healthz"; do
        kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
        sleep 0.005
    done
    echo "$1: $(ms "$begun") ms"
}
stop() { kill "$server"; wait "$server" || true; }
trap 'stop 2>/dev/null; rm -rf "$work"' EXIT

start "start, empty folder"
stop
start "start, existing folder"

admin() { $weighhouse admin "$@" --data "$work/data"; }
admin agency create --name Bench --slug bench >/dev/null
admin tenant create --agency bench --slug client >/dev/null
admin project create --tenant client --slug speed >/dev/null
echo "a long enough password" | admin user create --email e@bench.example --password-stdin --agency bench --role engineer >/dev/null
WH_TOKEN=$(admin token create --user e@bench.example --tenant client --scope read,register --expires 1d |
    sed 's/.*"token":"\([^"]*\)".*/\1/')
export WH_TOKEN

mkdir "$work/model"
head -c "${size}M" /dev/urandom >"$work/model/weights.bin"
begun=$(now)
sha256sum "$work/model/weights.bin" >/dev/null
took=$(ms "$begun")
echo "sha256sum of $size MB: $took ms, $((size * 1000 / took)) MB/s"

idle=$(rss "$server")
begun=$(now)
$wh push "$work/model" --model client/speed/large >/dev/null 2>&1 &
client=$!
client_peak=0
while kill -0 "$client" 2>/dev/null; do
    client_peak=$(peak "$client" 2>/dev/null || echo "$client_peak")
    sleep 0.05
done
wait "$client"
took=$(ms "$begun")
echo "push of $size MB: $took ms, $((size * 1000 / took)) MB/s; client peak $client_peak MB; server $idle MB idle, peak $(peak "$server") MB"
begun=$(now)
$wh push "$work/model" --model client/speed/large >/dev/null 2>&1
echo "push of the same again: $(ms "$begun") ms"
begun=$(now)
$wh pull client/speed/large@1 -o "$work/back" >/dev/null 2>&1
took=$(ms "$begun")
cmp "$work/model/weights.bin" "$work/back/weights.bin"
echo "pull of $size MB: $took ms, $((size * 1000 / took)) MB/s; server peak $(peak "$server") MB"
ls -l $weighhouse $wh target/site/pkg/*.wasm | awk '{printf "%s: %.1f MB\n", $NF, $5 / 1e6}'

#!/bin/sh
# Figures of BENCHMARKS.md on the large data set (`make seed-large`): server
# times of pages and answers, registrations a second, a push of 1,000 small
# files. Run it as `infra/bench-large.sh FOLDER`; it writes into that data.
set -eu
cd "$(dirname "$0")/.."

data=${1:-.weighhouse-large}
port=${PORT:-8097}
work=$(mktemp -d /tmp/weighhouse-bench-XXXXXX)
weighhouse=target/release/weighhouse
url=http://127.0.0.1:$port
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
engineer=$(field engineer <"$data/seeded.json")
password=$(field password <"$data/seeded.json")
agency=$(field agency <"$data/seeded.json")
tenant=$agency-7
[ -n "$engineer" ] || { echo "$data holds no made-up data: run infra/seed-large.sh first" >&2; exit 1; }

$weighhouse --log info up --data "$data" --listen "127.0.0.1:$port" >"$work/log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$work"' EXIT
until curl -fs -o /dev/null "$url/readyz"; do
    kill -0 $server || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
admin() { $weighhouse admin "$@" --data "$data"; }
token() { admin token create --user "$engineer" --tenant "$1" --scope read,register --expires 1d | field token; }
cookie=$(curl -s -o /dev/null -D - -H 'Sec-Fetch-Site: same-origin' -H 'Accept: text/html' \
    --data-urlencode "email=$engineer" --data-urlencode "password=$password" "$url/do/sign-in" |
    sed -n 's/^set-cookie: wh_session=\([^;]*\).*/\1/p')
one=$(token "$tenant")

# Asks N times as one client (its token) or as staff of all (the session), and
# gives what the server's own log says it took.
timed() { # WHAT CREDENTIAL PATH
    case $2 in
    client) set -- "$1" "Authorization: Bearer $one" "$3" ;;
    staff) set -- "$1" "Cookie: wh_session=$cookie" "$3" ;;
    esac
    : >"$work/times"
    n=0
    while [ $n -lt "${N:-41}" ]; do
        # What is refused is quick, and no figure.
        curl -s -f -o "$work/answer" -D "$work/head" -H "$2" "$url$3" || { echo "$1: $(head -n 1 "$work/head")" >&2; exit 1; }
        id=$(tr -d '\r' <"$work/head" | sed -n 's/^x-request-id: //p')
        grep -F "$id" "$work/log" | grep answered | sed -n 's/.*"milliseconds":\([0-9.]*\).*/\1/p; s/.*milliseconds=\([0-9.]*\).*/\1/p' |
            tail -n 1 >>"$work/times"
        n=$((n + 1))
    done
    sort -n "$work/times" | awk -v what="$1" '{ t[NR] = $1 }
        END { printf "%s: median %.1f ms, p95 %.1f ms, worst %.1f ms (%d)\n", what, t[int((NR + 1) / 2)], t[int(NR * 0.95)], t[NR], NR }'
}

project=claims
models=/api/v1/tenants/$tenant/projects/$project/models
model=$(curl -s -H "Authorization: Bearer $one" "$url$models?limit=1" | field name)
digest=$(curl -s -H "Authorization: Bearer $one" "$url$models/$model/versions?limit=1" | field digest | cut -c1-10)
timed "version, API" client "$models/$model/versions/1"
timed "version page" staff "/t/$tenant/p/$project/m/$model/v/1"
timed "models of a project, API" client "$models"
timed "project page with its models" staff "/t/$tenant/p/$project"
timed "model page" staff "/t/$tenant/p/$project/m/$model"
latest=$(curl -s -H "Authorization: Bearer $one" "$url$models/$model" | sed -n 's/.*"latest":\([0-9]*\).*/\1/p')
five=''
n=0
while [ $n -lt 5 ]; do
    five="$five${five:+&}v=$project/$model@$((latest - n))"
    n=$((n + 1))
done
timed "compare of five versions, API" client "/api/v1/tenants/$tenant/compare?$(echo "$five" | sed "s/v=/version=/g")"
timed "compare of five versions, page" staff "/t/$tenant/compare?$five"
timed "lineage of a version, API" client "$models/$model/versions/$latest/lineage"
timed "as of a date, API" client "$models/$model/production?at=2026-01-15T00:00:00Z"
timed "client page as of a date" staff "/t/$tenant?at=2026-01-15T00:00:00Z"
timed "portfolio page" staff "/"
for words in fraud frau "fraud xgboost" "$digest" engineer 2025-11 f fruad-scorer; do
    encoded=$(echo "$words" | sed 's/ /%20/g')
    timed "search ‘$words’, one client" client "/api/v1/search?q=$encoded"
    timed "search ‘$words’, staff of all" staff "/api/v1/search?q=$encoded"
done
timed "palette’s list for ‘fraud’, staff of all" staff "/go/list?q=fraud"

# Metadata-only registrations by 8 clients, all in one project, 8 models.
admin project create --tenant "$tenant" --slug speed >/dev/null 2>&1 || true
echo "$tenant $one" >"$work/tokens"
WHAT=versions-of-8 TOKENS=$work/tokens wrk -t1 -c8 -d"${SECONDS_EACH:-10}s" -s tests/load/mutations.lua "$url" | tail -n 1
# What was under way when the clients left is registered by then.
sleep 1
gaps=0
for n in 0 1 2 3 4 5 6 7; do
    latest=$(curl -s -H "Authorization: Bearer $one" "$url/api/v1/tenants/$tenant/projects/speed/models/shared-$n" | sed -n 's/.*"latest":\([0-9]*\).*/\1/p')
    # Every number up to the newest answers: asked for page by page.
    count=0 cursor=
    while :; do
        page=$(curl -s -H "Authorization: Bearer $one" "$url/api/v1/tenants/$tenant/projects/speed/models/shared-$n/versions?limit=200$cursor")
        count=$((count + $(echo "$page" | grep -o '"digest"' | wc -l)))
        next=$(echo "$page" | field next)
        [ -n "$next" ] || break
        cursor="&cursor=$next"
    done
    [ "$count" = "$latest" ] || gaps=$((gaps + 1))
done
echo "models whose numbers have gaps: $gaps of 8"

mkdir "$work/model"
n=0
while [ $n -lt 1000 ]; do
    echo "small file $n $$" >"$work/model/$n.txt"
    n=$((n + 1))
done
export WH_URL="$url" WH_TOKEN="$one" XDG_CONFIG_HOME="$work/config"
begun=$(date +%s%N)
target/release/wh push "$work/model" --model "$tenant/speed/small-files" >/dev/null 2>&1
echo "wh push of 1,000 small files, registered: $((($(date +%s%N) - begun) / 1000000)) ms"

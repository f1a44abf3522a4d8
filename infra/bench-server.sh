# shellcheck shell=sh
# Sourced by what measures under load: starts a release server in a folder of
# its own ($work, gone at the end) and sets $server and $url.
work=$(mktemp -d /tmp/weighhouse-bench-XXXXXX)
chmod 755 "$work"
url=http://127.0.0.1:${PORT:-8098}
target/release/weighhouse --log warn up --data "$work/data" --listen "127.0.0.1:${PORT:-8098}" >"$work/log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$work"' EXIT
until curl -fs -o /dev/null "$url/readyz"; do
    kill -0 $server || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
done

admin() { target/release/weighhouse admin "$@" --data "$work/data"; }

# clients N FILE: an agency with N clients, each with a project; FILE gets a
# line “tenant token” for each.
clients() {
    admin agency create --name Bench --slug bench >/dev/null
    echo "a long enough password" | admin user create --email e@bench.example --password-stdin --agency bench --role engineer >/dev/null
    tenant=0
    while [ $tenant -lt "$1" ]; do
        admin tenant create --agency bench --slug client-$tenant >/dev/null
        admin project create --tenant client-$tenant --slug speed >/dev/null
        token=$(admin token create --user e@bench.example --tenant client-$tenant --scope read,register --expires 1d)
        echo "client-$tenant $(echo "$token" | sed 's/.*"token":"\([^"]*\)".*/\1/')" >>"$2"
        tenant=$((tenant + 1))
    done
}

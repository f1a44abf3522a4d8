#!/bin/sh
# Runs verify.go with the packages note and tlog that come inside Go itself, as
# vendored parts of its command; nothing is fetched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/weighhouse-go-XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/golang.org/x"
vendored=$(go env GOROOT)/src/cmd/vendor/golang.org/x
cp -R "$vendored/mod" "$work/src/golang.org/x/"
# Needed by older versions of note only.
[ ! -d "$vendored/crypto" ] || cp -R "$vendored/crypto" "$work/src/golang.org/x/"
export GO111MODULE=off GOPATH="$work" GOFLAGS= GOCACHE="${here%/tests/go}/target/go-cache"
go run "$here/verify.go"

#!/bin/sh
# Proves that a module of somebody else can embed the fake: it makes one in a temporary folder and runs its test.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$root/hack/outside/outside_test.go.txt" "$tmp/outside_test.go"
cp "$root/go.sum" "$tmp/go.sum"
cat > "$tmp/go.mod" <<MOD
module example.test/outside

go 1.26

require mockamivoice v0.0.0

replace mockamivoice => $root
MOD
cd "$tmp"
GOFLAGS=-mod=mod go test ./...

#!/bin/sh
# What a server costs that nobody uses yet: hack/idle.sh bin/mockamivoice [runs]
# The median of the runs, of the time from exec to the ready line, which includes one start of date(1), and of the memory a second
# later, by /proc. What is mapped of the binary itself (file) depends on the system's cache; heap and stacks are in anon.
set -eu
bin=$1 runs=${2:-20} dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/stdout"
for _ in $(seq "$runs"); do
	begun=$(date +%s%N)
	"$bin" serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 >"$dir/stdout" 2>/dev/null &
	exec 3<"$dir/stdout"
	read -r line <&3
	ready=$(($(date +%s%N) - begun))
	case $line in ready*) ;; *) echo "no ready line: $line" >&2 && exit 1 ;; esac
	sleep 1
	echo "$ready" >>"$dir/ready"
	awk '/^VmRSS/ {all = $2} /^RssAnon/ {anon = $2} /^RssFile/ {file = $2} END {print all, anon, file}' "/proc/$!/status" >>"$dir/memory"
	kill $! && wait $! || true
	exec 3<&-
done
sort -n "$dir/ready" | awk '{t[NR] = $1} END {printf "ready after %.1f ms (%.1f to %.1f)\n", t[int((NR + 1) / 2)] / 1e6, t[1] / 1e6, t[NR] / 1e6}'
sort -n "$dir/memory" | awk '{l[NR] = $1; a[NR] = $2; f[NR] = $3} END {m = int((NR + 1) / 2); printf "resident %.1f MB (%.1f to %.1f): anon %.1f, file %.1f\n", l[m] * 1.024e-3, l[1] * 1.024e-3, l[NR] * 1.024e-3, a[m] * 1.024e-3, f[m] * 1.024e-3}'

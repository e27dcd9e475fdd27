#!/bin/sh
# Makes the speech of this folder with espeak-ng's Japanese voice and sox. The sentences are ours; the files may be used like
# the rest of the repository. Needs the packages espeak-ng and sox.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

espeak-ng -v ja -s 150 -w "$tmp/one.wav" 'きょうは とても いい てんきですね'
espeak-ng -v ja -s 150 -w "$tmp/two.wav" 'まどを すこし あけてください'
sox -R "$tmp/one.wav" -r 16000 -c 1 -b 16 "$tmp/a.wav" gain -n -6 pad 0.4 1.4
sox -R "$tmp/two.wav" -r 16000 -c 1 -b 16 "$tmp/b.wav" gain -n -6 pad 0 0.4
sox -R -D "$tmp/a.wav" "$tmp/b.wav" speech-ja.wav
sox -R -D "$tmp/a.wav" -t raw -e signed -b 16 -L speech-ja.raw trim 0 3
sox -R -D speech-ja.wav -r 8000 -e mu-law speech-ja-8k-mulaw.wav
sox -R -D "$tmp/a.wav" -r 8000 speech-ja-stereo.wav trim 0 3 remix 1 0

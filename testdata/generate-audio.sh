#!/bin/sh
# Makes the compressed files of audio/ from speech-ja.wav with Debian's encoders. Lossless files, and those at the less usual rates,
# hold the first utterance alone. Needs the packages ffmpeg, flac, lame, opus-tools and speex. Encoders differ from version to
# version and number their streams by chance: the files are committed, and this says how they came to be.
set -eu
cd "$(dirname "$0")"
rm -rf audio
mkdir audio
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
make() { ffmpeg -nostdin -v error -bitexact -y "$@"; }
first="pan=stereo|c0=c0|c1=0*c0" # the voice in the first channel, nothing in the second

for rate in 8000 11025 16000 22050 32000 44100 48000; do
	make -i speech-ja.wav -t 3 -ar $rate -c:a pcm_s16le "$tmp/$rate.wav"
	make -i "$tmp/$rate.wav" -af volume=-24dB -c:a pcm_s16le -f wav "$tmp/quiet.wav"
	flac -s -8 --no-padding -o audio/$rate.flac "$tmp/quiet.wav" 2>/dev/null
	lame --quiet --preset cbr 32 --resample "$(echo $rate | awk '{print $1/1000}')" "$tmp/$rate.wav" audio/$rate.mp3
done
make -i "$tmp/16000.wav" -af "volume=-24dB,$first" -sample_fmt s16 -f flac - | cat >audio/stereo-streamed.flac
make -i speech-ja.wav -af "$first" -c:a pcm_s16le "$tmp/stereo.wav"
make -i speech-ja-8k-mulaw.wav -c:a pcm_s16le "$tmp/narrow.wav"
lame --quiet -V 9 -m j "$tmp/stereo.wav" audio/stereo.mp3
make -i speech-ja.wav -ar 44100 -c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 3 -metadata title=test audio/tagged.mp3

make -i "$tmp/narrow.wav" -c:a libopus -b:a 10k -application voip -cutoff 4000 -serial_offset 1 audio/narrow.opus
opusenc --quiet --speech --bitrate 16 --serial 1 speech-ja.wav audio/wide.opus
opusenc --quiet --speech --bitrate 16 --framesize 60 --serial 1 speech-ja.wav audio/long-frames.opus
make -i "$tmp/48000.wav" -c:a libopus -b:a 28k -application voip audio/hybrid.opus
opusenc --quiet --music --bitrate 40 --framesize 10 --serial 1 "$tmp/16000.wav" audio/celt.opus
opusenc --quiet --speech --bitrate 24 --serial 1 "$tmp/stereo.wav" audio/stereo.opus
make -i speech-ja.wav -ar 48000 -c:a libopus -b:a 24k -f webm audio/file.webm
make -i speech-ja.wav -ar 48000 -c:a libopus -b:a 24k -live 1 -cluster_time_limit 1000 -f webm - | cat >audio/live.webm
make -t 3 -i "$tmp/stereo.wav" -ar 48000 -c:a libopus -b:a 32k -application lowdelay -f webm audio/stereo.webm

speexenc --narrowband --quality 4 "$tmp/narrow.wav" audio/8000.spx >/dev/null 2>&1
make -i speech-ja.wav -c:a pcm_s16le "$tmp/wide.wav"
speexenc --wideband --vbr --dtx --quality 6 --nframes 2 "$tmp/wide.wav" audio/16000.spx >/dev/null 2>&1
speexenc --ultra-wideband --quality 5 "$tmp/32000.wav" audio/32000.spx >/dev/null 2>&1

# The private format of the vendor's browser recorder: a header of 16 bytes, and IMA ADPCM. (observed)
printf '#!ADP\n\200\076\001\002\000\000\001\002\000\000' >audio/16000.adpcm
make -i "$tmp/16000.wav" -c:a adpcm_ima_ws -map 0:a -f data - >>audio/16000.adpcm

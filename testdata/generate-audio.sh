#!/bin/sh
# Makes the compressed files of audio/ from speech-ja.wav, and those of fixture/, which say their text, with Debian's encoders.
# Lossless files of speech, and those at the less usual rates, hold the first utterance alone. Needs go and the packages ffmpeg,
# flac, lame, opus-tools and speex. Encoders differ from version to version and number their streams by chance: the files are
# committed, and this says how they came to be.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
make() { ffmpeg -nostdin -v error -bitexact -y "$@"; }
first="pan=stereo|c0=c0|c1=0*c0" # the sound in the first channel, nothing in the second

# compress makes the files of a folder out of a sound, and of the same sound at 8 kHz for the narrow codecs.
compress() { # folder, sound, narrow sound, bit rate of SILK at 8 kHz
	rm -rf "$1"
	mkdir "$1"
	for rate in 8000 11025 16000 22050 32000 44100 48000; do
		make -i "$2" -t 3 -ar $rate -c:a pcm_s16le "$tmp/$rate.wav"
		make -i "$tmp/$rate.wav" -af volume=-24dB -c:a pcm_s16le -f wav "$tmp/quiet.wav"
		flac -s -8 --no-padding -o "$1/$rate.flac" "$tmp/quiet.wav" 2>/dev/null
		lame --quiet --preset cbr 32 --resample "$(echo $rate | awk '{print $1/1000}')" "$tmp/$rate.wav" "$1/$rate.mp3"
	done
	make -i "$tmp/16000.wav" -af "volume=-24dB,$first" -sample_fmt s16 -f flac - | cat >"$1/stereo-streamed.flac"
	make -i "$2" -ar 16000 -c:a pcm_s16le "$tmp/wide.wav"
	make -i "$tmp/wide.wav" -af "$first" -c:a pcm_s16le "$tmp/stereo.wav"
	make -i "$3" -c:a pcm_s16le "$tmp/narrow.wav"
	lame --quiet -V 9 -m j "$tmp/stereo.wav" "$1/stereo.mp3"
	make -i "$2" -ar 44100 -c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 3 -metadata title=test "$1/tagged.mp3"

	make -i "$tmp/narrow.wav" -c:a libopus -b:a "$4" -application voip -cutoff 4000 -serial_offset 1 "$1/narrow.opus"
	opusenc --quiet --speech --bitrate 16 --serial 1 "$tmp/wide.wav" "$1/wide.opus"
	opusenc --quiet --speech --bitrate 16 --framesize 60 --serial 1 "$tmp/wide.wav" "$1/long-frames.opus"
	make -i "$tmp/48000.wav" -c:a libopus -b:a 28k -application voip "$1/hybrid.opus"
	opusenc --quiet --music --bitrate 40 --framesize 10 --serial 1 "$tmp/16000.wav" "$1/celt.opus"
	opusenc --quiet --speech --bitrate 24 --serial 1 "$tmp/stereo.wav" "$1/stereo.opus"
	make -i "$2" -ar 48000 -c:a libopus -b:a 24k -f webm "$1/file.webm"
	make -i "$2" -ar 48000 -c:a libopus -b:a 24k -live 1 -cluster_time_limit 1000 -f webm - | cat >"$1/live.webm"
	make -t 3 -i "$tmp/stereo.wav" -ar 48000 -c:a libopus -b:a 32k -application lowdelay -f webm "$1/stereo.webm"

	speexenc --narrowband --quality 4 "$tmp/narrow.wav" "$1/8000.spx" >/dev/null 2>&1
	speexenc --wideband --vbr --dtx --quality 6 --nframes 2 "$tmp/wide.wav" "$1/16000.spx" >/dev/null 2>&1
	speexenc --ultra-wideband --quality 5 "$tmp/32000.wav" "$1/32000.spx" >/dev/null 2>&1

	# The private format of the vendor's browser recorder: a header of 16 bytes, and IMA ADPCM. (observed)
	printf '#!ADP\n\200\076\001\002\000\000\001\002\000\000' >"$1/16000.adpcm"
	make -i "$tmp/16000.wav" -c:a adpcm_ima_ws -map 0:a -f data - >>"$1/16000.adpcm"
}

compress audio speech-ja.wav speech-ja-8k-mulaw.wav 10k

# The two utterances sound from 250 to 900 and from 2100 to 2750 ms.
go run ../cmd/mockamivoice fixture --gap 1200ms --rate 48000 --text A駅です --text 'はい, OK' -o "$tmp/spoken.wav" 2>/dev/null
make -ss 0.25 -t 2.95 -i "$tmp/spoken.wav" -c:a pcm_s16le "$tmp/fixture.wav"
make -i "$tmp/fixture.wav" -ar 8000 -c:a pcm_s16le "$tmp/fixture-8k.wav"
compress fixture "$tmp/fixture.wav" "$tmp/fixture-8k.wav" 16k

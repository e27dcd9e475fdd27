package speechset

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"slices"
	"strconv"
)

const wavHeader = 44 // bytes in front of the samples that espeak-ng writes

// speak synthesizes the phrases of a voice, without the silence around them, at 16 kHz.
func speak(ctx context.Context, v voice, speed int) ([][]float64, error) {
	var all [][]float64
	for _, text := range v.phrases {
		wav, err := exec.CommandContext(ctx, "espeak-ng", "-v", v.name, "-s", strconv.Itoa(speed), "--stdout", text).Output()
		if err != nil {
			return nil, fmt.Errorf("espeak-ng says %q as %s: %w", text, v.name, err)
		}
		if len(wav) < wavHeader {
			return nil, fmt.Errorf("espeak-ng says %q as %s: no sound", text, v.name)
		}
		samples := make([]float64, (len(wav)-wavHeader)/2)
		for i := range samples {
			samples[i] = float64(int16(binary.LittleEndian.Uint16(wav[wavHeader+2*i:]))) //nolint:gosec // the bits of the sample
		}
		all = append(all, sounding(resample(samples, int(binary.LittleEndian.Uint32(wav[24:])), rate)))
	}
	return all, nil
}

// sounding cuts off what is more than 35 dB softer than the loudest 10 ms, at both ends.
func sounding(samples []float64) []float64 {
	const window = rate / 100
	loud := powers(samples, window)
	least := slices.Max(loud) * decibels(-35) * decibels(-35)
	first, last := 0, len(loud)-1
	for loud[first] < least {
		first++
	}
	for loud[last] < least {
		last--
	}
	return samples[first*window : min((last+1)*window, len(samples))]
}

// resample is another rate of the same sound, by a windowed sinc of 16 zero crossings to each side, read from a table.
func resample(samples []float64, from, to int) []float64 {
	const zeros, fine = 16, 512
	var kernel [zeros*fine + 2]float64
	for i := range kernel {
		x := float64(i) / fine
		kernel[i] = sinc(x) * (0.5 + 0.5*math.Cos(math.Pi*min(x/zeros, 1)))
	}
	step, cutoff := float64(from)/float64(to), min(1, float64(to)/float64(from))
	out := make([]float64, int(float64(len(samples))/step))
	reach := zeros / cutoff
	for i := range out {
		at, sum := float64(i)*step, 0.
		for k := max(int(at-reach)+1, 0); k <= min(int(at+reach), len(samples)-1); k++ {
			sum += samples[k] * kernel[int(math.Abs(at-float64(k))*cutoff*fine)]
		}
		out[i] = sum * cutoff
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

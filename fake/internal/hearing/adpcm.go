package hearing

import (
	"encoding/binary"
	"fmt"

	"mockamivoice/protocol"
)

const (
	adpcmHeader = 16
	adpcmSteps  = 89 // sizes of a step
)

// parseADPCM reads the private header of the vendor's browser recorder: a magic, the rate, and eight fixed bytes.
// (observed: the vendor's recorder; assumed: that the low half of a byte comes first)
func parseADPCM(h []byte, last bool) (source, int, error) {
	if len(h) < adpcmHeader {
		if last {
			return source{}, 0, &UnsupportedError{"ADPCM: the header is shorter than 16 bytes"}
		}
		return source{}, 0, nil
	}
	rate := int(binary.LittleEndian.Uint16(h[6:]))
	if !protocol.DocumentedRate(rate) {
		return source{}, 0, &UnsupportedError{fmt.Sprintf("ADPCM: %d samples a second is not a documented rate", rate)}
	}
	return source{kind: adpcmSource, rate: rate, channels: 1, left: -1}, adpcmHeader, nil
}

// adpcm decodes IMA ADPCM nibbles, the low one of a byte first.
type adpcm struct {
	predictor, step int
	changes         *[adpcmSteps << 4]int32 // what a nibble does to the predictor, by step and nibble; nil before the first
}

func (a *adpcm) decode(p []byte, d *detector) {
	if a.changes == nil {
		a.changes = adpcmChanges()
	}
	var block [blockBytes]byte
	for len(p) > 0 {
		n := min(len(p), len(block)/4)
		a.decodeBlock(block[:4*n], p)
		d.pcm(block[:4*n])
		p = p[n:]
	}
}

func (a *adpcm) decodeBlock(block, p []byte) {
	predictor, step, moves := a.predictor, a.step, [...]int{-1, -1, -1, -1, 2, 4, 6, 8}
	for i := 0; i < len(block); i += 2 {
		n := int(p[i/4] >> (2 * (i & 2)) & 0x0F)
		predictor = min(max(predictor+int(a.changes[step<<4|n]), -32768), 32767)
		step = min(max(step+moves[n&7], 0), adpcmSteps-1)
		binary.LittleEndian.PutUint16(block[i:], uint16(predictor)) //nolint:gosec // the bits of the sample, which is clamped
	}
	a.predictor, a.step = predictor, step
}

func adpcmChanges() *[adpcmSteps << 4]int32 {
	var changes [adpcmSteps << 4]int32
	for step, size := range stepSizes() {
		for n := range 16 {
			change := size >> 3
			for bit, part := range [...]int32{size >> 2, size >> 1, size} {
				if n>>bit&1 != 0 {
					change += part
				}
			}
			if n&8 != 0 {
				change = -change
			}
			changes[step<<4|n] = change
		}
	}
	return &changes
}

// stepSizes is the table of IMA ADPCM.
func stepSizes() [adpcmSteps]int32 {
	return [...]int32{
		7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157,
		173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707,
		1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635,
		13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
	}
}

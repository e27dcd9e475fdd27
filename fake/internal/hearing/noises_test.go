package hearing_test

import (
	"math"
	"testing"
	"time"
)

// The beep is too soft to be an utterance that is not understood. What swells seconds later has nothing to do with it.
func TestASoundOfLongAgoIsOver(t *testing.T) {
	const rate = 16000
	audio := noise(rate, 8*time.Second, 20)
	copy(audio[2*rate:], add(audio[2*rate:], tone(rate, 300*time.Millisecond, 300, 110, 0)))
	for at := 4 * rate; at < 4*rate+6400; at++ {
		audio[at] = int16(float64(audio[at]) * (1 + 1.2*math.Sin(math.Pi*float64(at-4*rate)/6400)))
	}
	if starts, _, _ := hear(t, spec(t, "LSB16K"), le(audio)); len(starts) != 0 {
		t.Errorf("heard at %v", starts)
	}
}

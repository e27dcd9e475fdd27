package protocol_test

import (
	"reflect"
	"testing"

	"mockamivoice/protocol"
)

func TestParseSegmenter(t *testing.T) {
	for value, want := range map[string]protocol.Segmenter{
		"":              {},
		"useDiarizer=1": {Diarizer: true},
		"useDiarizer=0": {},
		" useDiarizer=1   diarizerAlpha=1e-10 diarizerTransitionBias=0.5 ": {Diarizer: true, Alpha: protocol.Some(1e-10), TransitionBias: protocol.Some(0.5)},
		"diarizerAlpha=-1 diarizerTransitionBias=+.5E3":                    {Alpha: protocol.Some(-1.0), TransitionBias: protocol.Some(500.0)},
		"diarizerAlpha=5 diarizerAlpha=0":                                  {Alpha: protocol.Some(0.0)},
		"useDiarizer=1 useDiarizer=0":                                      {},
		"useDiarizer=true":                                                 {Unreadable: []string{"useDiarizer"}},
		"useDiarizer":                                                      {Unreadable: []string{"useDiarizer"}},
		"diarizerAlpha=0x1p-2 diarizerTransitionBias=1,5":                  {Unreadable: []string{"diarizerAlpha", "diarizerTransitionBias"}},
		"diarizerAlpha=NaN diarizerTransitionBias=-inf":                    {Unreadable: []string{"diarizerAlpha", "diarizerTransitionBias"}},
		"diarizerAlpha= diarizerTransitionBias=1e999":                      {Unreadable: []string{"diarizerAlpha", "diarizerTransitionBias"}},
		"threshold=5000 preTime=x postTime=1000 threshold=1":               {Tuning: []string{"preTime", "postTime", "threshold"}},
		"usediarizer=1 x =y x=2":                                           {Unknown: []string{"usediarizer", "", "x"}},
	} {
		if got := protocol.ParseSegmenter(value); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, not %+v", value, got, want)
		}
	}
}

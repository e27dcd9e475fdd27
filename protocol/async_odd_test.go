package protocol_test

import (
	"slices"
	"testing"

	"mockamivoice/protocol"
)

func TestOddJobParamsAreToldInOneOrder(t *testing.T) {
	params := []protocol.Param{
		{Key: "sentimentAnalysis", Value: "x"},
		{Key: "compatibleWithSync", Value: "x"},
		{Key: "loggingOptOut", Value: "x"},
		{Key: "speakerDiarization", Value: "x"},
		{Key: "diarizationMinSpeaker", Value: "x"},
	}
	want := []string{"compatibleWithSync", "diarizationMinSpeaker", "loggingOptOut", "sentimentAnalysis", "speakerDiarization"}
	for range 50 {
		if _, odd := protocol.ParseJobParams(params); !slices.Equal(odd, want) {
			t.Fatal(odd)
		}
	}
}

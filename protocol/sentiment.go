package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// PathSentiment tells what the numbers of sentiment analysis mean, in Japanese, the only language there is.
// (documented: reference-list-sentiment-analysis-parameters)
const PathSentiment = "/v1/sentiment-analysis/ja/result-parameters.json"

// SentimentDefinition is a SentimentParameter with its name for people.
type SentimentDefinition struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Minimum     int    `json:"minimum"`
	Maximum     int    `json:"maximum"`
}

// SentimentDefinitions lists what PathSentiment tells. (documented: the fields; observed: names and bounds; the names for people are
// ours, for the manual at hand has English ones only)
func SentimentDefinitions() []SentimentDefinition {
	display := map[string]string{
		"energy": "エネルギー", "stress": "ストレス", "emo_cog": "感情と論理", "concentration": "集中", "anticipation": "期待",
		"excitement": "興奮", "hesitation": "躊躇", "uncertainty": "不確実", "intensive_thinking": "熟考", "imagination_activity": "想像",
		"embarrassment": "困惑", "passionate": "情熱", "brain_power": "脳の活動", "confidence": "自信", "aggression": "攻撃性",
		"atmosphere": "雰囲気", "upset": "動揺", "content": "喜び", "dissatisfaction": "不満", "extreme_emotion": "極端な感情",
	}
	var all []SentimentDefinition
	for _, p := range SentimentParameters() {
		all = append(all, SentimentDefinition{p.Name, display[p.Name], p.Minimum, p.Maximum})
	}
	return all
}

// AppendSentimentDefinitions appends the JSON that tells of list.
func AppendSentimentDefinitions(dst []byte, list []SentimentDefinition) []byte {
	dst = append(dst, `{"sentiment_analysis":{"result_parameters":{"display_language":"ja","definitions":[`...)
	for i, d := range list {
		dst = appendField(comma(dst, i), `{"name":`, d.Name)
		dst = appendField(dst, `,"display_name":`, d.DisplayName)
		dst = strconv.AppendInt(append(dst, `,"minimum":`...), int64(d.Minimum), 10)
		dst = strconv.AppendInt(append(dst, `,"maximum":`...), int64(d.Maximum), 10)
		dst = append(dst, '}')
	}
	return append(dst, `]}}}`...)
}

// ParseSentimentDefinitions reads the JSON of PathSentiment.
func ParseSentimentDefinitions(data []byte) ([]SentimentDefinition, error) {
	var wire struct {
		Analysis struct {
			Parameters struct {
				Definitions []SentimentDefinition `json:"definitions"`
			} `json:"result_parameters"`
		} `json:"sentiment_analysis"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return nil, fmt.Errorf("definitions of sentiment analysis are not their JSON: %w", err)
	}
	if wire.Analysis.Parameters.Definitions == nil {
		return nil, errors.New("definitions of sentiment analysis are missing: sentiment_analysis.result_parameters.definitions is no list")
	}
	return wire.Analysis.Parameters.Definitions, nil
}

package verdict

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"strings"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/conformance/judge"
)

// SARIF 2.1.0, as far as it is needed. (OASIS)
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		ColumnKind  string            `json:"columnKind"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string            `json:"id"`
		Short         sarifText         `json:"shortDescription"`
		Full          sarifText         `json:"fullDescription"`
		Help          sarifText         `json:"help"`
		Configuration sarifLevel        `json:"defaultConfiguration"`
		Properties    map[string]string `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		Rule         string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// WriteSARIF writes the verdict as SARIF 2.1.0, so that a pull request can be annotated. A finding is at the line of its first entry
// in the file of the tape; what the baseline puts up with is suppressed.
func (v *Verdict) WriteSARIF(w io.Writer) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	name, version, _ := strings.Cut(v.Tool, " ")
	run.Tool.Driver = sarifDriver{Name: name, Version: version, Rules: make([]sarifRule, 0, len(v.laws))}
	index := make(map[string]int)
	for i := range v.laws {
		index[v.laws[i].ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(&v.laws[i]))
	}
	seen := make(map[string]int)
	for i := range v.Findings {
		r := v.Findings[i].sarif()
		r.RuleIndex = index[r.Rule]
		mark := fingerprint(&v.Findings[i])
		seen[mark]++
		r.Fingerprints = map[string]string{"mockamivoice/v1": fmt.Sprintf("%s:%d", mark, seen[mark])}
		run.Results = append(run.Results, r)
	}
	invocation := sarifInvocation{Successful: !v.Empty()}
	for _, reason := range v.Reasons {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{Level: "warning", Message: sarifText{dialogue.Printable(reason)}})
	}
	run.Invocations = []sarifInvocation{invocation}
	return writeJSON(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func sarifRuleOf(l *judge.Law) sarifRule {
	return sarifRule{
		ID: l.ID, Short: sarifText{l.Title}, Full: sarifText{l.Title + ". " + l.Why},
		Help:          sarifText{fmt.Sprintf("%s\n\nWhy: %s\n\nFix: %s\n\nHow it is known: %s, %s.", l.Title, l.Why, l.Fix, l.Basis, l.Source)},
		Configuration: sarifLevel{sarifLevelOf(l.Level)}, Properties: map[string]string{"level": string(l.Level), "basis": l.Basis.String()},
	}
}

func sarifLevelOf(l judge.Level) string {
	switch l {
	case judge.Must:
		return "error"
	case judge.Should:
		return "warning"
	case judge.Info:
	}
	return "note"
}

func (f *Finding) sarif() sarifResult {
	r := sarifResult{
		Rule: f.Law, Level: sarifLevelOf(f.Level), Message: sarifText{dialogue.Printable(fmt.Sprintf("%s: %s. %s", f.Title, f.Text, f.Fix))},
		Locations: []sarifLocation{{sarifPhysical{Artifact: sarifArtifact{uri(f.File)}, Region: sarifRegion{max(f.Line, 1)}}}},
	}
	if f.Known != "" {
		r.Suppressions = []sarifSuppression{{Kind: "external", Justification: dialogue.Printable(f.Known)}}
	}
	return r
}

// uri is a file as a URI, a relative one if its path is.
func uri(file string) string {
	slashed := strings.ReplaceAll(file, `\`, "/")
	if path.IsAbs(slashed) {
		return (&url.URL{Scheme: "file", Path: slashed}).String()
	}
	return (&url.URL{Path: slashed}).String()
}

// fingerprint is the same for the same offence in the next run: numbers and ids of keys are left out of the text.
func fingerprint(f *Finding) string {
	text := regexp.MustCompile(`<key:[0-9a-f]+>|[0-9]+`).ReplaceAllString(f.Text, "#")
	sum := sha256.Sum256([]byte(f.Law + "\x00" + f.Surface + "\x00" + text))
	return hex.EncodeToString(sum[:8])
}

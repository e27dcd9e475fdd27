package main

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"mockamivoice/fake"
	"mockamivoice/protocol"
)

// fileConfig is the file of --config. config.schema.json says the same for editors.
type fileConfig struct {
	Services  []fileService     `yaml:"services,omitempty"`
	Profile   string            `yaml:"profile,omitempty"`
	Behaviour map[string]string `yaml:"behaviour,omitempty"`
	Limits    fileLimits        `yaml:"limits,omitempty"`
	Tape      fileTape          `yaml:"tape,omitempty"`
}

type fileService struct {
	SID      string    `yaml:"sid"`
	SPW      string    `yaml:"spw"`
	Keys     []fileKey `yaml:"keys,omitempty"`
	Engines  []string  `yaml:"engines,omitempty"`
	Scenario string    `yaml:"scenario,omitempty"`
}

type fileKey struct {
	Key      string `yaml:"key"`
	Issuable bool   `yaml:"issuable,omitempty"`
	EPI      string `yaml:"epi,omitempty"`
	IPA      string `yaml:"ipa,omitempty"`
}

type fileLimits struct {
	NoData    string `yaml:"no_data,omitempty"`
	NonSpeech string `yaml:"non_speech,omitempty"`
	Session   string `yaml:"session,omitempty"`
	Idle      string `yaml:"idle,omitempty"`
	Utterance string `yaml:"utterance,omitempty"`
	Upload    int64  `yaml:"upload,omitempty"`
	Job       int64  `yaml:"job,omitempty"`
	Retention string `yaml:"retention,omitempty"`
	Message   int64  `yaml:"message,omitempty"`
	Fields    int64  `yaml:"fields,omitempty"`
	Parts     int    `yaml:"parts,omitempty"`
	Allow     int    `yaml:"allow,omitempty"`
	Streams   int    `yaml:"streams,omitempty"`
}

type fileTape struct {
	Entries int   `yaml:"entries,omitempty"`
	Bytes   int64 `yaml:"bytes,omitempty"`
}

const maxConfig = 1 << 20

// loadConfig reads a file strictly: an error names file, line and column and shows the place.
func loadConfig(path string) (fileConfig, error) {
	var c fileConfig
	data, err := os.ReadFile(path)
	if err != nil {
		return c, usage("--config: %w", err)
	}
	if len(data) > maxConfig {
		return c, usage("%s: longer than %d bytes", path, maxConfig)
	}
	if err := yaml.UnmarshalWithOptions(data, &c, yaml.Strict()); err != nil && err != io.EOF { //nolint:errorlint // goccy returns it bare
		return c, usage("%s:%s", path, suggest(yamlPlace(err)))
	}
	return c, c.check(path)
}

// yamlPlace turns goccy's "[3:5] message" and excerpt into "3:5: message" and excerpt.
func yamlPlace(err error) string {
	text := yaml.FormatError(err, false, true)
	place, rest, ok := strings.Cut(strings.TrimPrefix(text, "["), "] ")
	if !ok {
		return " " + text
	}
	return place + ": " + strings.TrimRight(rest, "\n")
}

func (c *fileConfig) check(path string) error {
	seen := make(map[string]bool)
	for i, s := range c.Services {
		where := fmt.Sprintf("%s: services[%d]", path, i)
		switch {
		case s.SID == "":
			return usage("%s: sid is missing", where)
		case len(s.SID) > 256:
			return usage("%s: sid is longer than 256 bytes", where)
		case s.SPW == "":
			return usage("%s: spw is missing", where)
		case seen[s.SID]:
			return usage("%s: there is a service with the same sid before", where)
		}
		seen[s.SID] = true
		for _, engine := range s.Engines {
			if _, known := protocol.EngineNamed(engine); !known {
				return usage("%s: no engine is called %q", where, engine)
			}
		}
		for j, k := range s.Keys {
			if k.Key == "" || seen["key "+k.Key] {
				return usage("%s: keys[%d]: the key is missing, or there before", where, j)
			}
			seen["key "+k.Key] = true
		}
	}
	return nil
}

// services are those of the file. The epi of a key that is a duration counts from now.
func (c *fileConfig) services(now time.Time) ([]fake.Service, error) {
	var all []fake.Service
	for i, s := range c.Services {
		svc := fake.Service{SID: s.SID, SPW: s.SPW, Engines: s.Engines, Scenario: s.Scenario}
		for j, k := range s.Keys {
			key, err := k.key(now)
			if err != nil {
				return nil, usage("services[%d].keys[%d]: %w", i, j, err)
			}
			svc.Keys = append(svc.Keys, key)
		}
		all = append(all, svc)
	}
	return all, nil
}

func (k fileKey) key(now time.Time) (fake.Key, error) {
	out := fake.Key{Value: k.Key, Issuable: k.Issuable}
	if k.EPI != "" {
		life, err := protocol.ParseEPI(k.EPI)
		if err != nil {
			return out, fmt.Errorf("epi: %w", err)
		}
		out.Expires = life.Expiry(now)
	}
	var allow []netip.Prefix
	allow, err := protocol.ParseIPA(k.IPA)
	if err != nil {
		return out, fmt.Errorf("ipa: %w", err)
	}
	out.Allow = allow
	return out, nil
}

func (c *fileConfig) limits() (fake.Limits, error) {
	l := fake.Limits{
		Upload: c.Limits.Upload, Job: c.Limits.Job, Message: c.Limits.Message, Fields: c.Limits.Fields,
		Parts: c.Limits.Parts, Allow: c.Limits.Allow, Streams: c.Limits.Streams,
	}
	if min(l.Upload, l.Job, l.Message, l.Fields, int64(l.Parts), int64(l.Allow), int64(l.Streams)) < 0 {
		return l, usage("limits: a limit cannot be negative")
	}
	for name, field := range map[string]struct {
		text string
		to   *time.Duration
	}{
		"no_data": {c.Limits.NoData, &l.NoData}, "non_speech": {c.Limits.NonSpeech, &l.NonSpeech}, "session": {c.Limits.Session, &l.Session},
		"idle": {c.Limits.Idle, &l.Idle}, "utterance": {c.Limits.Utterance, &l.Utterance},
		"retention": {c.Limits.Retention, &l.Retention},
	} {
		if field.text == "" {
			continue
		}
		d, err := time.ParseDuration(field.text)
		if err != nil || d <= 0 {
			return l, usage("limits.%s: %q is not a duration like 60s", name, field.text)
		}
		*field.to = d
	}
	return l, nil
}

// print writes the configuration without secrets, in the form of the file.
func (p *plan) print(w io.Writer) error {
	out := p.file
	out.Services = nil
	for _, s := range p.services {
		svc := fileService{SID: s.SID, SPW: "***", Engines: s.Engines, Scenario: s.Scenario}
		for _, k := range s.Keys {
			key := fileKey{Key: "***", Issuable: k.Issuable, IPA: string(protocol.AppendIPA(nil, k.Allow))}
			if !k.Expires.IsZero() {
				key.EPI = k.Expires.In(protocol.JST()).Format("2006-01-02T15:04:05.000Z07:00")
			}
			svc.Keys = append(svc.Keys, key)
		}
		out.Services = append(out.Services, svc)
	}
	data, err := yaml.Marshal(out)
	if err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	_, err = w.Write(data)
	return err
}

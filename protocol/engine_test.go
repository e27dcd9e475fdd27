package protocol_test

import (
	"strings"
	"testing"

	"mockamivoice/protocol"
)

func TestEngines(t *testing.T) {
	t.Parallel()
	count := map[bool]int{}
	seen := map[string]bool{}
	for _, e := range protocol.Engines() {
		if seen[e.Name] || e.Name[0] != '-' || e.Kind == "" || e.Language == "" {
			t.Errorf("%+v is listed twice or incomplete", e)
		}
		if e.Batch != strings.HasPrefix(e.Name, "-a2b-") || strings.HasPrefix(e.Name, "-a2") != (e.Kind == protocol.EngineE2E) {
			t.Errorf("%+v contradicts its name", e)
		}
		seen[e.Name] = true
		count[e.Legacy]++
	}
	if count[false] != 20 || count[true] != 9 {
		t.Errorf("%d current and %d legacy engines, want 20 and 9", count[false], count[true])
	}
}

func TestEngineNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]protocol.Engine{
		"-a-general":              {Name: "-a-general", Kind: protocol.EngineHybrid, Language: "ja"},
		"-a2b-multi-general":      {Name: "-a2b-multi-general", Kind: protocol.EngineE2E, Language: "multi", Batch: true},
		"-a-general-ko":           {Name: "-a-general-ko", Kind: protocol.EngineHybrid, Language: "ko"},
		"-a-name-input-private":   {Name: "-a-name-input-private", Kind: protocol.EngineRule, Language: "ja"},
		"-a-medgeneral":           {Name: "-a-medgeneral", Kind: protocol.EngineHybrid, Language: "ja", Legacy: true},
		"a-general":               {}, // documented: the leading hyphen is part of the name
		"-a-nonexistent":          {},
		"-a-callcenter":           {}, // observed: in blogs, never in a list of the vendor
		"-a-general&keepFiller=1": {},
		"":                        {},
	} {
		got, ok := protocol.EngineNamed(name)
		if got != want || ok != (want.Name != "") {
			t.Errorf("%q is %+v, %t; want %+v", name, got, ok, want)
		}
	}
}

package protocol

// EngineKind is how a connection engine works.
type EngineKind string

// The kinds of engines.
const (
	EngineHybrid EngineKind = "hybrid" // acoustic and language model; words carry readings
	EngineE2E    EngineKind = "e2e"    // one network
	EngineRule   EngineKind = "rule"   // single phrases of a fixed form
)

// Engine is one connection engine of the service, what grammarFileNames or the second word of an s command names.
type Engine struct {
	Name     string     // with its leading '-'
	Kind     EngineKind // how it works
	Language string     // "ja", "en", "zh", "ko", or "multi" for Japanese, English and Chinese mixed
	Legacy   bool       // retired: only in older manuals and samples
	Batch    bool       // slower and more accurate, meant for the asynchronous interface
}

// Engines lists the connection engines of the service, current ones first. (documented: engines; legacy: older manuals and samples)
func Engines() []Engine {
	all := engines()
	return all[:]
}

// engines is the list as an array, which a caller that only looks need not allocate.
func engines() [29]Engine {
	return [...]Engine{
		{Name: "-a2-ja-general", Kind: EngineE2E, Language: "ja"},
		{Name: "-a2-zh-general", Kind: EngineE2E, Language: "zh"},
		{Name: "-a2-multi-general", Kind: EngineE2E, Language: "multi"},
		{Name: "-a2b-ja-general", Kind: EngineE2E, Language: "ja", Batch: true},
		{Name: "-a2b-zh-general", Kind: EngineE2E, Language: "zh", Batch: true},
		{Name: "-a2b-multi-general", Kind: EngineE2E, Language: "multi", Batch: true},
		{Name: "-a-general", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-medical", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-bizfinance", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-bizinsurance", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-general-input", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-medical-input", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-bizfinance-input", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-bizinsurance-input", Kind: EngineHybrid, Language: "ja"},
		{Name: "-a-general-en", Kind: EngineHybrid, Language: "en"},
		{Name: "-a-general-zh", Kind: EngineHybrid, Language: "zh"},
		{Name: "-a-general-ko", Kind: EngineHybrid, Language: "ko"},
		{Name: "-a-rule-input-private", Kind: EngineRule, Language: "ja"},
		{Name: "-a-name-input-private", Kind: EngineRule, Language: "ja"},
		{Name: "-a-address-input-private", Kind: EngineRule, Language: "ja"},
		{Name: "-a-medgeneral", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-medgeneral-input", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-bizmrreport", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-bizmrreport-input", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-medkarte", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-medkarte-input", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-medcare", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-medpharmacy", Kind: EngineHybrid, Language: "ja", Legacy: true},
		{Name: "-a-meeting", Kind: EngineHybrid, Language: "ja", Legacy: true},
	}
}

// EngineNamed finds the engine of exactly this name, current or legacy.
func EngineNamed(name string) (Engine, bool) {
	all := engines()
	for i := range all {
		if all[i].Name == name {
			return all[i], true
		}
	}
	return Engine{}, false
}

package judge

import (
	"slices"
	"strings"

	"mockamivoice/protocol"
)

const (
	manualSync  = "manual: sync-http-interface"
	manualAudio = "manual: audio-format"

	largestUpload = 16_777_215 // bytes (documented: limitations)
)

// clientSyncLaws hold of recordings that are sent to be recognized.
func clientSyncLaws() []Law {
	all := []Law{
		{
			ID: "client.sync.post", Title: "A recording is sent with POST", Level: Should, Basis: protocol.Inferred, Source: manualSync + " knows no other method",
			Why: "Nothing else is documented; what another method does is not known.", Fix: "Send a POST.", check: ofExchanges(protocol.SurfaceSync, syncPost),
		},
		{
			ID: "client.sync.audio-last", Title: "Nothing comes behind the part a", Level: Must, Basis: protocol.Documented, Source: manualSync,
			Why: "The service stops reading parameters at the audio. A u behind it makes the request one without a key, which is refused with the code -.",
			Fix: "Write the part a last.", check: ofPosts(protocol.SurfaceSync, syncAudioLast),
		},
		{
			ID: "client.sync.audio", Title: "There is a part a with audio in it", Level: Must, Basis: protocol.Documented, Source: manualSync,
			Why: "The service was seen to answer a recording of 0 bytes with an empty success: nothing says that anything is wrong.", Fix: "Call the part with the audio a, and check that the file is not empty.", check: ofPosts(protocol.SurfaceSync, syncAudio),
		},
		{
			ID: "client.sync.engine", Title: "d names a connection engine", Level: Must, Basis: protocol.Documented, Source: "manual: reference-sync-http",
			Why: "d is required. For an engine that does not exist the service was seen to answer with an empty success; nothing says that anything is wrong.", Fix: "Send d=-a-general, or grammarFileNames=-a-general in it.", check: ofPosts(protocol.SurfaceSync, syncEngine),
		},
		{
			ID: "client.sync.key", Title: "The request carries a key", Level: Must, Basis: protocol.Documented, Source: "manual: reference-sync-http",
			Why: "Without one the request is refused with the code -.", Fix: "Send u before a, authorization= inside d, or Authorization: Bearer.", check: ofPosts(protocol.SurfaceSync, syncKey),
		},
		{
			ID: "client.sync.format-known", Title: "c is a format that the service knows", Level: Must, Basis: protocol.Documented, Source: manualAudio,
			Why: "Audio of a format that is not known is not recognized.", Fix: "Use a name of the list: LSB16K, MSB16K, MULAW, 16K and so on.", check: ofPosts(protocol.SurfaceSync, syncFormat),
		},
		{
			ID: "client.sync.format-given", Title: "Audio without a header comes with c", Level: Should, Basis: protocol.Documented, Source: manualAudio,
			Why: "Bare samples say nothing of themselves. The service was seen to guess LSB16K, and the manual promises not even that.", Fix: "Send c before a, for example c=LSB16K.", check: ofPosts(protocol.SurfaceSync, syncFormatGiven),
		},
		{
			ID: "client.sync.size", Title: "A recording has at most 16,777,215 bytes", Level: Must, Basis: protocol.Documented, Source: "manual: limitations",
			Why: "A larger one is refused, and that you learn when you have sent it.", Fix: "Use the stream or the asynchronous interface, or a format that compresses.", check: ofPosts(protocol.SurfaceSync, syncSize),
		},
		{
			ID: "client.sync.separator", Title: "Blanks separate the parameters in d", Level: Must, Basis: protocol.Observed, Source: "recorded replies of the live service",
			Why: "Joined by & they become a part of the engine's name, and the request is refused with the code - as if the key were wrong.",
			Fix: "Write d=grammarFileNames=-a-general keepFillerToken=1, and escape blanks inside of values as %20.", check: ofPosts(protocol.SurfaceSync, syncSeparator),
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceSync
	}
	return all
}

func syncPost(t *trial, x *exchange) {
	if path, _, _ := strings.Cut(x.request.Target, "?"); !strings.HasSuffix(path, "/recognize") {
		return
	}
	t.apply()
	if x.request.Method != "POST" {
		t.find(x.request, "the method is %s", x.request.Method)
	}
}

func syncAudioLast(t *trial, x *exchange) {
	begun := false
	for _, p := range x.request.Parts {
		if p.Name == "a" {
			begun = true
			t.apply()
		} else if begun {
			t.find(x.request, "the part %s comes behind a", p.Name)
			return
		}
	}
}

func syncAudio(t *trial, x *exchange) {
	if !x.isSeen() || len(x.request.Parts) == 0 && x.request.Audio == nil {
		return
	}
	t.apply()
	_, hasPart := x.part("a")
	switch {
	case x.isMultipart() && !hasPart:
		t.find(x.request, "no part is called a")
	case x.request.Audio != nil && x.request.Audio.Bytes == 0:
		t.find(x.request, "there are 0 bytes of audio")
	}
}

func syncEngine(t *trial, x *exchange) {
	if !x.isSeen() {
		return
	}
	t.apply()
	if x.d().Engine == "" {
		t.find(x.request, "d names no engine, or is missing")
	}
}

func syncKey(t *trial, x *exchange) {
	if !x.isSeen() {
		return
	}
	t.apply()
	if u, _ := x.field("u"); u != "" {
		return
	}
	inD, _ := protocol.First(x.d().Params, "authorization")
	bearer, _ := header(x.request, "Authorization")
	if inD == "" && bearer == "" && !x.d().Ampersand() {
		t.find(x.request, "there is no u, no authorization in d and no Authorization header")
	}
}

// declared is the format that c, or the type of a raw body, stands for; name is empty where neither is given.
func (x *exchange) declared() (f protocol.AudioFormat, name string, ok bool) {
	if name, _ = x.field("c"); name != "" {
		f, err := protocol.ParseAudioFormat(name)
		return f, name, err == nil
	}
	media, _ := header(x.request, "Content-Type")
	if f, ok := protocol.ParseAudioContentType(media); ok && !x.isMultipart() {
		return f, media, true
	}
	return protocol.AudioFormat{}, "", false
}

func syncFormat(t *trial, x *exchange) {
	if _, name, ok := x.declared(); name != "" {
		t.apply()
		if !ok {
			t.find(x.request, "c is %q", name)
		}
	}
}

func syncFormatGiven(t *trial, x *exchange) {
	a := x.request.Audio
	if a == nil || len(a.First) < 2*magicBytes {
		return
	}
	t.apply()
	f, name, ok := x.declared()
	isBare := name == "" || ok && f.Encoding == protocol.Headed
	if container(a) == "" && isBare {
		t.find(x.request, "the audio begins with %s, which is no header, and c is %q", a.First, name)
	}
}

func syncSize(t *trial, x *exchange) {
	if a := x.request.Audio; a != nil {
		t.apply()
		if a.Bytes > largestUpload {
			t.find(x.request, "the audio has %d bytes", a.Bytes)
		}
	}
}

func syncSeparator(t *trial, x *exchange) {
	d := x.d()
	if d.Engine == "" {
		return
	}
	t.apply()
	if d.Ampersand() {
		t.find(x.request, "d is %q", d.Engine)
	}
}

// asyncOnly are parameters that the asynchronous interface alone knows. (documented: request-parameters)
func asyncOnly() []string {
	return []string{"loggingOptOut", "contentId", "compatibleWithSync", "speakerDiarization", "diarizationMinSpeaker", "diarizationMaxSpeaker", "sentimentAnalysis"}
}

// clientHTTPLaws hold of parameters on more than one surface.
func clientHTTPLaws() []Law {
	return []Law{
		{
			ID: "client.http.async-parameters", Title: "Parameters of the asynchronous interface are not sent elsewhere", Level: Should, Basis: protocol.Documented,
			Source: "manual: request-parameters", Why: "They have no effect: with loggingOptOut=True a log is kept all the same, and speakerDiarization labels nobody.",
			Fix: "Against logs use the paths with nolog; for speakers on a stream use segmenterProperties=useDiarizer=1.", check: asyncParameters,
		},
	}
}

func asyncParameters(t *trial, d *dialogue) {
	p := d.asClient()
	named := func(params []protocol.Param) (names []string) {
		for _, param := range params {
			if slices.Contains(asyncOnly(), param.Key) {
				names = append(names, param.Key)
			}
		}
		return names
	}
	for _, x := range p.exchanges {
		if !x.is(protocol.SurfaceSync) {
			continue
		}
		t.apply()
		if names := named(x.d().Params); len(names) > 0 {
			t.find(x.request, "d holds %s", strings.Join(names, ", "))
		}
	}
	for _, s := range p.talks {
		for _, r := range s.rounds {
			t.apply()
			if names := named(r.command.Params); len(names) > 0 {
				t.find(r.start, "s holds %s", strings.Join(names, ", "))
			}
		}
	}
}

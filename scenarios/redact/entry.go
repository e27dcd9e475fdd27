package redact

import (
	"encoding/hex"
	"slices"

	"mockamivoice/scenarios"
)

// Entry redacts every text of e that came from outside or was made of such. What needs no change stays the caller's; a slice
// that does is copied first.
func (r *Redactor) Entry(e *scenarios.Entry) {
	switch {
	case e.Text == "":
	case e.Kind == scenarios.WSCommand:
		e.Text = r.Command(e.Text)
	default:
		e.Text = r.Text(e.Text)
	}
	e.Method = r.Text(e.Method)
	if e.Target != "" {
		e.Target = r.Target(e.Target)
	}
	switch {
	case e.Body == "":
	case e.Kind == scenarios.HTTPRequest:
		e.Body = r.Form(e.Body)
	default:
		e.Body = r.Text(e.Body)
	}
	e.Headers = r.headers(e.Headers)
	e.Parts = r.parts(e.Parts)
	e.Audio = r.audio(e.Audio)
}

func (r *Redactor) headers(lines [][2]string) [][2]string {
	copied := false
	for i, old := range lines {
		clean := [2]string{r.Text(old[0]), r.Header(old[0], old[1])}
		if clean == old {
			continue
		}
		if !copied {
			lines, copied = slices.Clone(lines), true
		}
		lines[i] = clean
	}
	return lines
}

func (r *Redactor) parts(parts []scenarios.Part) []scenarios.Part {
	if len(parts) == 0 {
		return parts
	}
	parts = slices.Clone(parts)
	for i := range parts {
		p := &parts[i]
		p.Value = r.Field(p.Name, p.Value)
		p.Name, p.Type = r.Text(p.Name), r.Text(p.Type)
		if p.Filename != nil {
			name := r.Text(*p.Filename)
			p.Filename = &name
		}
	}
	return parts
}

// audio leaves out the bytes of audio that hold a secret: a client may send anything as audio.
func (r *Redactor) audio(a *scenarios.Audio) *scenarios.Audio {
	if a == nil || a.First == "" && len(a.Data) == 0 {
		return a
	}
	var buf [16]byte
	n, err := 0, error(nil)
	if len(a.First) <= hex.EncodedLen(len(buf)) {
		n, err = hex.Decode(buf[:], []byte(a.First))
	}
	first := err == nil && !r.Bytes(buf[:n]) && len(a.First) == hex.EncodedLen(n)
	data := len(a.Data) == 0 || r.Text(string(a.Data)) == string(a.Data)
	if first && data {
		return a
	}
	clean := *a
	clean.First = ""
	if !data {
		clean.Data = nil
	}
	return &clean
}

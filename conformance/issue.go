package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// issue asks the issuer for a key in its own way, and sets the variable.
func (p *player) issue(ctx context.Context, a scenarios.Issue) error {
	u, err := url.Parse(p.target.Issue)
	if err != nil {
		return err
	}
	o, err := p.issuance(a, u)
	if err != nil {
		return err
	}
	if err := p.openHTTP(ctx, u, a.From, o.surface); err != nil {
		return err
	}
	r, err := p.http.exchange(o, p.patience)
	if err != nil {
		return err
	}
	key, problem := p.target.keyIn(r)
	if problem != "" {
		return &mismatch{"an issued key", problem}
	}
	p.vars[a.As] = key
	return nil
}

func (p *player) issuance(a scenarios.Issue, u *url.URL) (outgoing, error) {
	values, err := p.issueValues(a)
	if err != nil {
		return outgoing{}, err
	}
	o := outgoing{method: "POST", target: u.RequestURI(), surface: protocol.SurfaceIssue, issues: true}
	if p.target.Form == nil {
		p.ownForm(a, values, &o)
	} else {
		o.method, o.surface = p.target.Form.Method, "" // the laws of AmiVoice's issuer do not hold for others
		p.foreignForm(values, &o)
	}
	o.headers = append(o.headers, [2]string{"Content-Length", strconv.Itoa(len(o.body))})
	return o, nil
}

// issueValues are what the script asks for, or else the target's.
func (p *player) issueValues(a scenarios.Issue) (map[string]string, error) {
	values := map[string]string{"sid": p.target.Credentials.SID, "spw": p.target.Credentials.SPW}
	for name, t := range map[string]*scenarios.Template{"sid": a.SID, "spw": a.SPW, "epi": a.EPI, "ipa": a.IPA} {
		if t == nil {
			continue
		}
		value, err := t.Expand(p.vars)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// ownForm is AmiVoice's own. (documented: issue-api-key-with-api)
func (p *player) ownForm(a scenarios.Issue, values map[string]string, o *outgoing) {
	var form []protocol.Param
	names := []string{"sid", "spw", "epi", "ipa"}
	if a.ByIssuingKey {
		o.headers = append(o.headers, [2]string{"Authorization", "Bearer " + p.target.Credentials.IssuingKey})
		names = names[2:]
	}
	for _, name := range names {
		if value, is := values[name]; is {
			form = append(form, protocol.Param{Key: name, Value: value})
		}
	}
	o.setForm(form)
}

// foreignForm fills in the template of somebody's own issuer.
func (p *player) foreignForm(values map[string]string, o *outgoing) {
	f := p.target.Form
	contentType := ""
	for _, h := range f.Headers {
		o.headers = append(o.headers, h)
		if strings.EqualFold(h[0], "Content-Type") {
			contentType = h[1]
		}
	}
	isJSON := strings.Contains(contentType, "json") || contentType == "" && strings.HasPrefix(strings.TrimSpace(f.Body), "{")
	if contentType == "" && f.Body != "" {
		contentType = map[bool]string{true: "application/json", false: "application/x-www-form-urlencoded"}[isJSON]
		o.headers = append(o.headers, [2]string{"Content-Type", contentType})
	}
	escaped := map[string]string{"sid": "", "epi": "", "ipa": ""}
	for name := range escaped {
		if isJSON {
			quoted, _ := json.Marshal(values[name]) // a string always can be
			escaped[name] = string(quoted[1 : len(quoted)-1])
		} else {
			escaped[name] = url.QueryEscape(values[name])
		}
	}
	body, _ := scenarios.Template(f.Body).Expand(escaped) // its variables were checked when it was read
	o.body, o.text = []byte(body), body
}

// keyIn finds the key in a reply, or says why there is none.
func (t *Target) keyIn(r *reply) (key, problem string) {
	if r.status != 200 && (t.Form == nil || r.status != 201) {
		return "", fmt.Sprintf("status %d with body %s", r.status, dialogue.Quote(r.body))
	}
	key = r.body
	if t.Form != nil && t.Form.Pointer != "" {
		var value any
		if err := json.Unmarshal([]byte(r.body), &value); err != nil {
			return "", dialogue.Quote(r.body) + ", which is not JSON"
		}
		text, ok := pointer(value, t.Form.Pointer).(string)
		if !ok {
			return "", "no text at " + t.Form.Pointer
		}
		key = text
	}
	if key == "" {
		return "", fmt.Sprintf("status %d without a key", r.status)
	}
	if strings.ContainsAny(key, " \t\r\n\"{}<>") {
		return "", fmt.Sprintf("status %d with a body of %d bytes that is not a key alone", r.status, len(key))
	}
	return key, ""
}

// pointer follows a JSON pointer. (RFC 6901)
func pointer(value any, path string) any {
	for _, name := range strings.Split(path, "/")[1:] {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

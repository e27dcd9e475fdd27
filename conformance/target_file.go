package conformance

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"mockamivoice/scenarios"
	"mockamivoice/scenarios/strict"
)

// Lookup finds the value of an environment variable.
type Lookup func(name string) (value string, ok bool)

// ParseTarget reads a target file. Credentials are named by their environment variables, never written into it. Errors are
// *strict.Error.
func ParseTarget(file string, data []byte, env Lookup) (Target, error) {
	f := targetFile{env: env}
	if err := strict.Parse(file, data, f.read); err != nil {
		return Target{}, err
	}
	return f.target, nil
}

// targetFile is a target file that is being read. It corresponds to target.schema.json.
type targetFile struct {
	env    Lookup
	target Target
}

func (f *targetFile) read(root strict.Node) {
	t := &f.target
	claimed := false
	root.Map(strict.Fields{
		"name":        strict.NonEmpty(&t.Name),
		"issuer":      f.readIssuer,
		"sync":        strict.NonEmpty(&t.Sync),
		"stream":      strict.NonEmpty(&t.Stream),
		"async":       strict.NonEmpty(&t.Async),
		"words":       strict.NonEmpty(&t.Words),
		"admin":       strict.NonEmpty(&t.Admin),
		"credentials": f.readCredentials,
		"capabilities": func(n strict.Node) {
			claimed = true
			for _, item := range n.Items() {
				var c scenarios.Capability
				strict.OneOf(&c, scenarios.Capabilities()...)(item)
				t.Capabilities = append(t.Capabilities, c)
			}
		},
		"source_addresses": func(n strict.Node) {
			for _, item := range n.Items() {
				addr, err := netip.ParseAddr(item.Text())
				if err != nil {
					item.Fail("%q is not an address", item.Text())
				}
				t.Sources = append(t.Sources, addr)
			}
		},
	}, "name")
	if !claimed {
		t.Capabilities = t.claims()
		if t.Admin != "" {
			t.Capabilities = append(t.Capabilities, scenarios.CanControl)
		}
	}
	if err := t.check(); err != nil {
		root.Fail("%v", err)
	}
}

// readIssuer reads where keys come from: a URL alone is AmiVoice's own form, anything more is somebody's own.
func (f *targetFile) readIssuer(n strict.Node) {
	if !n.IsMap() {
		f.target.Issue = n.Text()
		return
	}
	form := &Issuer{Method: "POST"}
	own := false
	field := func(read strict.Reader) strict.Reader {
		return func(v strict.Node) { own = true; read(v) }
	}
	n.Map(strict.Fields{
		"url":    strict.NonEmpty(&f.target.Issue),
		"method": field(strict.OneOf(&form.Method, "GET", "POST", "PUT")),
		"headers": field(func(v strict.Node) {
			for _, p := range v.Pairs() {
				value := f.expandEnv(p.Value)
				if strings.ContainsAny(p.Name+value, "\r\n") {
					p.Value.Fail("header %q holds a line end", p.Name)
				}
				form.Headers = append(form.Headers, [2]string{p.Name, value})
			}
		}),
		"body":    field(strict.Text(&form.Body)),
		"accepts": field(form.readAccepts),
		"key": field(func(v strict.Node) {
			if !v.IsMap() {
				var word string
				strict.OneOf(&word, "text")(v)
				return
			}
			v.Map(strict.Fields{"json": strict.NonEmpty(&form.Pointer)}, "json")
			if !strings.HasPrefix(form.Pointer, "/") {
				v.Fail("json: must be a JSON pointer like /api_key")
			}
		}),
	}, "url")
	for _, name := range scenarios.Template(form.Body).Variables() {
		if name != "sid" && name != "epi" && name != "ipa" {
			n.Fail("body: only ${sid}, ${epi} and ${ipa} are filled in, not ${%s}", name)
		}
	}
	if own {
		f.target.Form = form
	}
}

// readAccepts reads regular expressions for the values that an issuer takes.
func (f *Issuer) readAccepts(n strict.Node) {
	f.Accepts = make(map[string]*regexp.Regexp)
	read := func(name string) strict.Reader {
		return func(v strict.Node) {
			if _, err := regexp.Compile(v.Text()); err != nil {
				v.Fail("%v", err)
				return
			}
			f.Accepts[name] = regexp.MustCompile(`\A(?:` + v.Text() + `)\z`)
		}
	}
	n.Map(strict.Fields{"sid": read("sid"), "epi": read("epi"), "ipa": read("ipa")})
}

// expandEnv fills in ${env:NAME}.
func (f *targetFile) expandEnv(n strict.Node) string {
	text := n.Text()
	values := make(map[string]string)
	for _, name := range scenarios.Template(text).Variables() {
		variable, ok := strings.CutPrefix(name, "env:")
		if !ok {
			n.Fail("only ${env:NAME} is filled in here, not ${%s}", name)
			return ""
		}
		values[name] = f.fromEnv(n, variable)
	}
	out, err := scenarios.Template(text).Expand(values)
	if err != nil {
		n.Fail("%v", err)
	}
	return out
}

func (f *targetFile) fromEnv(n strict.Node, name string) string {
	value, ok := f.env(name)
	if !ok || value == "" {
		n.Fail("the environment variable %s is not set", name)
	}
	return value
}

func (f *targetFile) readCredentials(n strict.Node) {
	c := &f.target.Credentials
	variable := func(dst *string) strict.Reader {
		return func(v strict.Node) {
			name := v.Text()
			if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				v.FailSecret("must be the name of an environment variable; secrets do not belong into a file")
				return
			}
			*dst = f.fromEnv(v, name)
		}
	}
	n.Map(strict.Fields{
		"sid_env": variable(&c.SID), "spw_env": variable(&c.SPW), "issuing_key_env": variable(&c.IssuingKey), "key_env": variable(&c.Key),
	})
}

// describe is t in a line, without secrets.
func (t *Target) describe() string {
	caps := make([]string, 0, len(t.Capabilities))
	for _, c := range t.Capabilities {
		caps = append(caps, string(c))
	}
	return fmt.Sprintf("%s (%s)", t.Name, strings.Join(caps, ", "))
}

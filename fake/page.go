package fake

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
)

//go:embed page
var pageFiles embed.FS

// inspector is the page that shows the tape live. It holds nothing of the tape itself: its script asks the other routes for that.
type inspector struct {
	page   []byte
	policy string
}

// lazyInspector is the inspector, put together when it is first asked for: few ever look.
func lazyInspector() http.HandlerFunc {
	made := sync.OnceValue(newInspector)
	return func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) }
}

// newInspector puts the files of the page together. Only its own script and style may run, and they talk to this port alone.
func newInspector() inspector {
	style := pageFile("page.css")
	var script strings.Builder
	for _, name := range []string{"text", "tape", "feed", "timeline", "line", "dialogue", "list", "main"} {
		script.WriteString(pageFile(name + ".js"))
	}
	t := template.Must(template.New("page").Parse(pageFile("page.html")))
	var b bytes.Buffer
	err := t.Execute(&b, map[string]any{"Style": template.CSS(style), "Script": template.JS(script.String())}) //nolint:gosec // our own files
	if err != nil {
		panic("fake: page: " + err.Error())
	}
	return inspector{page: b.Bytes(), policy: fmt.Sprintf(
		"default-src 'none'; script-src '%s'; style-src '%s'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		sourceHash(script.String()), sourceHash(style))}
}

func pageFile(name string) string {
	b, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic("fake: page: " + err.Error())
	}
	return string(b)
}

// sourceHash names an inline script or style in a content security policy.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (i inspector) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", i.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(i.page)
}

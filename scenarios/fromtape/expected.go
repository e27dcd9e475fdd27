package fromtape

import (
	"encoding/json"
	"regexp"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const anything = `"${any}"`

// message is what a message of the server has to be.
func (b *builder) message(e *scenarios.Entry) flow {
	event, err := protocol.ParseEvent([]byte(e.Text))
	if err != nil { // nothing of it is as it should be, so all of it is the point
		return quote(b.literal(e.Text))
	}
	switch event.(type) {
	case protocol.SpeechStart:
		return quote("S ${int}")
	case protocol.SpeechEnd:
		return quote("E ${int}")
	case protocol.Final, protocol.LegacyFinal:
		if pattern, ok := jsonPattern(e.Text[2:]); ok {
			return mapping(field{"regexp", quote(e.Text[:1] + " (?s:.*)")}, field{"json", pattern})
		}
		return quote(e.Text[:1] + " ${any}")
	default:
		return quote(b.literal(e.Text))
	}
}

// literal is a text as a pattern: dates and what is in brackets behind them differ from run to run.
func (b *builder) literal(s string) string {
	constant, _, _ := strings.Cut(protocol.NewError(protocol.StartExpired).Message, "<") // what follows differs from run to run
	if found := regexp.MustCompile(`^(s ` + regexp.QuoteMeta(constant) + `).+$`).FindStringSubmatch(s); found != nil {
		return found[1] + "${any}"
	}
	return b.vary(s, "${any}")
}

// jsonPattern makes a pattern of a JSON text: what is named must be there, numbers and texts of a recognizer may differ.
func jsonPattern(text string) (flow, bool) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return "", false
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	pattern, ok := jsonValue(d, "")
	return pattern, ok && !d.More()
}

func jsonValue(d *json.Decoder, name string) (flow, bool) {
	token, err := d.Token()
	if err != nil {
		return "", false
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return jsonArray(d, name)
		}
		return jsonObject(d)
	case string:
		return jsonText(name, t), true
	case json.Number:
		if !strings.ContainsAny(t.String(), ".eE") && strings.HasSuffix(name, "time") {
			return `"${int}"`, true
		}
		return `"${number}"`, true
	case bool:
		return flow(map[bool]string{true: "true", false: "false"}[t]), true
	}
	return "null", true
}

// jsonText keeps what the service chooses from a list, and whether a text is empty. A text with a placeholder would mean
// something else.
func jsonText(name, text string) flow {
	switch {
	case text == "":
		return `""`
	case (name == "code" || name == "message") && !strings.Contains(text, "${") && !strings.Contains(text, hidden) && !marker().MatchString(text):
		return quote(text)
	}
	return anything
}

// jsonArray asks of tokens that there are some, and of everything else for as many as there were.
func jsonArray(d *json.Decoder, name string) (flow, bool) {
	items := []flow{}
	for d.More() {
		item, ok := jsonValue(d, "")
		if !ok {
			return "", false
		}
		items = append(items, item)
	}
	_, err := d.Token()
	if name == "tokens" && len(items) > 0 {
		items = []flow{items[0], `"${rest}"`}
	}
	return list(items...), err == nil
}

func jsonObject(d *json.Decoder) (flow, bool) {
	var fields []field
	seen := make(map[string]bool)
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return "", false
		}
		value, ok := jsonValue(d, name)
		if !ok {
			return "", false
		}
		if !seen[name] { // a name that is there twice would be an error of the file
			fields = append(fields, field{string(quote(name)), value})
		}
		seen[name] = true
	}
	_, err := d.Token()
	return mapping(fields...), err == nil
}

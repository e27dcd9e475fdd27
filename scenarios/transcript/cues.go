package transcript

import (
	"errors"
	"html"
	"regexp"
	"strconv"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

const arrow = "-->"

// parseVTT reads WebVTT: voices are speakers, ruby gives readings, time stamps inside of a cue give times of words; everything
// else about looks is left out. (W3C, WebVTT)
func parseVTT(name, text string) (*Transcript, error) {
	all := lines(text)
	if head := all[0]; head != "WEBVTT" && !strings.HasPrefix(head, "WEBVTT ") && !strings.HasPrefix(head, "WEBVTT\t") {
		return nil, at(name, all, 0, 0, "a WebVTT file begins with a line WEBVTT")
	}
	r := cueReader{file: name, all: all, next: 1, separator: ".", markup: vttMarkup}
	for r.next < len(all) && !r.divides(r.next) && !strings.Contains(all[r.next], arrow) {
		r.next++ // the rest of the head, like Kind: captions or X-TIMESTAMP-MAP
	}
	return r.read()
}

// parseSRT reads SubRip. Its tags and its {\an8} are left out.
func parseSRT(name, text string) (*Transcript, error) {
	r := cueReader{file: name, all: lines(text), separator: ",", markup: srtMarkup}
	return r.read()
}

// cueReader reads blocks that blank lines divide.
type cueReader struct {
	file      string
	all       []string
	next      int    // line
	separator string // before milliseconds
	markup    func(text string, c *Cue) error
}

func (r *cueReader) read() (*Transcript, error) {
	t := &Transcript{}
	for r.next < len(r.all) {
		block := r.next
		for r.next < len(r.all) && !r.divides(r.next) {
			r.next++
		}
		c, isCue, err := r.cue(block, r.next)
		if err != nil {
			return nil, err
		}
		if isCue && len(c.Tokens) > 0 {
			t.Cues = append(t.Cues, c)
		}
		r.next++
	}
	if len(t.Cues) == 0 {
		return nil, &strict.Error{File: r.file, Message: "has no cue, like 00:00:01" + r.separator + "000 --> 00:00:02" + r.separator + "500 with a text on the next line"}
	}
	return t, nil
}

// divides tells whether a line is blank and goes between two blocks. A line of blanks right behind the times of WebVTT is the first of
// the text, as a large platform for videos writes it.
func (r *cueReader) divides(line int) bool {
	text := r.all[line]
	if strings.TrimSpace(text) != "" {
		return false
	}
	isText := r.separator == "." && text != "" && line > 0 && strings.Contains(r.all[line-1], arrow)
	return !isText || line+1 == len(r.all) || strings.TrimSpace(r.all[line+1]) == ""
}

// cue reads the lines from one to another. Where the first two have no times they are a note or a style of WebVTT.
func (r *cueReader) cue(from, to int) (c Cue, isCue bool, err error) {
	timing := from
	if timing+1 < to && !strings.Contains(r.all[timing], arrow) {
		timing++ // the first one is a number or a name
	}
	if from == to || r.separator == "." && isAside(r.all[from]) {
		return Cue{}, false, nil
	}
	if !strings.Contains(r.all[timing], arrow) {
		return Cue{}, false, at(r.file, r.all, timing, 0, "expected the times of a cue, like 00:00:01%s000 --> 00:00:02%s500", r.separator, r.separator)
	}
	start, end, err := r.times(timing)
	if err != nil {
		return Cue{}, false, err
	}
	c = Cue{Start: protocol.Some(start), End: protocol.Some(end)}
	var said []string
	for i := timing + 1; i < to; i++ {
		if _, _, err := r.times(i); err == nil {
			return Cue{}, false, at(r.file, r.all, i, 0, "these times stand in the text of the cue before them; a blank line goes between two cues")
		}
		said = append(said, strings.TrimSpace(r.all[i]))
	}
	if err := r.markup(strings.Join(said, "\n"), &c); err != nil {
		return Cue{}, false, at(r.file, r.all, min(timing+1, to-1), 0, "%s", err)
	}
	return c, true, nil
}

// isAside tells whether a block of WebVTT says nothing of what is said.
func isAside(line string) bool {
	word, _, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	return !strings.Contains(line, arrow) && (word == "NOTE" || word == "STYLE" || word == "REGION")
}

func (r *cueReader) times(line int) (start, end int, err error) {
	text := r.all[line]
	left, right, _ := strings.Cut(text, arrow)
	behind := len(left) + len(arrow)
	start, ok := milliseconds(strings.TrimSpace(left))
	if !ok {
		return 0, 0, at(r.file, r.all, line, 0, "%q is no time like 00:00:01%s000", strings.TrimSpace(left), r.separator)
	}
	word, _, _ := strings.Cut(strings.TrimSpace(right), " ") // what follows says where it is shown
	if end, ok = milliseconds(word); !ok {
		return 0, 0, at(r.file, r.all, line, behind+1, "%q is no time like 00:00:02%s500", word, r.separator)
	}
	if end < start {
		return 0, 0, at(r.file, r.all, line, behind+1, "the cue ends before it begins")
	}
	return start, end, nil
}

// milliseconds reads [hh:]mm:ss.mmm, with a comma as well: both stand in files of either format.
func milliseconds(text string) (ms int, ok bool) {
	parts := strings.Split(strings.Replace(text, ",", ".", 1), ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	seconds, fraction, found := strings.Cut(parts[len(parts)-1], ".")
	if parts[len(parts)-1] = seconds; !found {
		fraction = "0"
	}
	total := 0
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || i > len(parts)-3 && i > 0 && n > 59 {
			return 0, false
		}
		total = total*60 + int(n)
	}
	f, err := strconv.ParseUint((fraction + "00")[:min(3, len(fraction)+2)], 10, 16)
	return total*1000 + int(f), err == nil && len(fraction) > 0 && len(fraction) <= 3
}

// pieces are the tags of a text, and what stands between them.
func pieces(text string) []string {
	return regexp.MustCompile(`<[^<>]*>|[^<]+|<`).FindAllString(text, -1)
}

// vttMarkup reads the text of a cue of WebVTT.
func vttMarkup(text string, c *Cue) error {
	var m vtt
	for _, p := range pieces(text) {
		if strings.HasPrefix(p, "<") && strings.HasSuffix(p, ">") && len(p) > 1 {
			m.tag(strings.TrimSuffix(p[1:], ">"))
			continue
		}
		m.say(html.UnescapeString(strings.NewReplacer("&lrm;", "", "&rlm;", "").Replace(p)))
	}
	c.Text = strings.Join(strings.Fields(m.text.String()), " ")
	c.Tokens = m.tokens
	return closeTimes(c)
}

// vtt is what was read of a cue.
type vtt struct {
	tokens  []protocol.Token
	text    strings.Builder
	speaker string
	from    protocol.Maybe[int] // the last time stamp
	reading bool                // inside of rt
	base    int                 // tokens before the ruby text that is open
}

func (m *vtt) tag(inside string) {
	if ms, isTime := milliseconds(inside); isTime {
		m.from = protocol.Some(ms)
		return
	}
	name, rest, _ := strings.Cut(inside, " ")
	name, _, _ = strings.Cut(name, ".") // a class
	switch name {
	case "v":
		m.speaker = html.UnescapeString(strings.TrimSpace(rest))
	case "/v":
		m.speaker = ""
	case "ruby", "/rt":
		m.base, m.reading = len(m.tokens), false
	case "rt":
		m.reading = true
	}
}

// say takes text: a reading belongs to what stands before it in the ruby, which is then one word.
func (m *vtt) say(text string) {
	if m.reading && len(m.tokens) > m.base {
		word := m.tokens[m.base]
		word.Written, word.Spoken = JoinWords(m.tokens[m.base:]), protocol.Some(strings.TrimSpace(text))
		m.tokens = append(m.tokens[:m.base], word)
		return
	}
	m.text.WriteString(text)
	tokens := Words(text)
	spokenBy(tokens, m.speaker)
	if len(tokens) > 0 && m.from.OK {
		tokens[0].StartTime = m.from
		m.from = protocol.Maybe[int]{}
	}
	m.tokens = append(m.tokens, tokens...)
}

// closeTimes gives every word a time when some word has one: those between two time stamps share what lies between them.
func closeTimes(c *Cue) error {
	last := c.Start.Value
	var begins []int
	for i, k := range c.Tokens {
		if !k.StartTime.OK {
			continue
		}
		if k.StartTime.Value < last || k.StartTime.Value > c.End.Value {
			return errors.New("the time stamps of its words go back, or lie outside of the cue")
		}
		last = k.StartTime.Value
		begins = append(begins, i)
	}
	if len(begins) == 0 {
		return nil
	}
	if begins[0] != 0 {
		c.Tokens[0].StartTime = c.Start
		begins = append([]int{0}, begins...)
	}
	for n, i := range begins {
		upto, end := len(c.Tokens), c.End.Value
		if n+1 < len(begins) {
			upto, end = begins[n+1], c.Tokens[begins[n+1]].StartTime.Value
		}
		spreadTimes(c.Tokens[i:upto], c.Tokens[i].StartTime.Value, end)
	}
	return nil
}

// spreadTimes gives each of tokens the same share of a span.
func spreadTimes(tokens []protocol.Token, start, end int) {
	for i := range tokens {
		tokens[i].StartTime = protocol.Some(start + (end-start)*i/len(tokens))
		tokens[i].EndTime = protocol.Some(start + (end-start)*(i+1)/len(tokens))
	}
}

// srtMarkup reads the text of a cue of SubRip.
func srtMarkup(text string, c *Cue) error {
	text = regexp.MustCompile(`</?[a-zA-Z][^<>]*>|\{\\[^{}]*\}`).ReplaceAllString(text, "")
	c.Text = strings.Join(strings.Fields(text), " ")
	c.Tokens = Words(c.Text)
	return nil
}

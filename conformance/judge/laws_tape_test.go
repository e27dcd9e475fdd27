package judge_test

import (
	"slices"
	"strings"
	"testing"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Texts of a stream that does everything right. Two utterances, and a result that was rejected.
const (
	interim   = `U {"results":[{"tokens":[{"written":"\u3053\u3093"},{"written":"..."}],"text":"\u3053\u3093..."}],"text":"\u3053\u3093..."}`
	final     = `A {"results":[{"tokens":[{"written":"\u3053\u3093","confidence":0.98,"starttime":708,"endtime":1252,"spoken":"\u3053\u3093"},{"written":"\u3002","spoken":"_"},{"written":"a","confidence":1,"starttime":1252,"endtime":1300}],"confidence":0.993,"starttime":500,"endtime":1692,"tags":[],"rulename":"","text":"\u3053\u3093\u3002a"}],"utteranceid":"u1","text":"\u3053\u3093\u3002a","code":"","message":""}`
	rejected  = `A {"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"o","message":"recognition result is rejected because confidence is below the threshold"}`
	failed    = "p can't feed audio data to recognizer server"
	second    = `,{"tokens":[],"tags":[],"rulename":"","text":""}],"utteranceid"`
	textFirst = `A {"text":"","results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"code":"o","message":"recognition result is rejected because confidence is below the threshold"}`
	refused   = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"received illegal service authorization"}` + "\r\n"
)

// tape is a dialogue under construction.
type tape struct {
	t       *testing.T
	entries []scenarios.Entry
}

func (p *tape) add(e scenarios.Entry) {
	e.N = uint64(len(p.entries) + 1)
	p.entries = append(p.entries, e)
}

// connect opens stream number conn.
func (p *tape) connect(conn uint64) {
	stream := string(protocol.SurfaceStream)
	p.add(scenarios.Entry{Kind: scenarios.ConnOpen, Dir: scenarios.Note, Conn: conn})
	p.add(scenarios.Entry{Kind: scenarios.WSHandshake, Dir: scenarios.In, Conn: conn, Surface: stream, Method: "GET", Target: protocol.PathStream})
	p.add(scenarios.Entry{Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Conn: conn, Surface: stream, Status: 101})
}

// say puts messages on stream conn: "> text" of the client, "> p" for audio, "< text" of the server.
func (p *tape) say(conn uint64, lines ...string) {
	for _, l := range lines {
		text := l[len("> "):]
		e := scenarios.Entry{
			Kind: scenarios.WSCommand, Dir: scenarios.In, Conn: conn, Surface: string(protocol.SurfaceStream), Text: text,
			Frame: &scenarios.Frame{Opcode: 1, Masked: true, Frames: 1, Size: int64(len(text))},
		}
		if l[0] == '<' {
			e.Kind, e.Dir, e.Frame.Masked = scenarios.WSEvent, scenarios.Out, false
		}
		if l == "> p" {
			e.Text, e.Audio, e.Frame.Opcode = "", &scenarios.Audio{Bytes: 3200}, 2
		}
		p.add(e)
	}
}

// leave ends stream conn: a goodbye of the client, and the end of the connection.
func (p *tape) leave(conn uint64) {
	p.control(conn, scenarios.In, 8)
	p.add(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: conn, How: "close-frame", Text: "after the client's goodbye"})
}

func (p *tape) control(conn uint64, dir scenarios.Dir, opcode int) {
	p.add(scenarios.Entry{Kind: scenarios.WSControl, Dir: dir, Conn: conn, Frame: &scenarios.Frame{Opcode: opcode, Frames: 1}})
}

// ask is one HTTP exchange on connection conn.
func (p *tape) ask(conn uint64, surface protocol.Surface, target, body string, headers ...[2]string) {
	p.add(scenarios.Entry{Kind: scenarios.HTTPRequest, Dir: scenarios.In, Conn: conn, Surface: string(surface), Method: "POST", Target: target})
	headers = append(headers, [2]string{"Access-Control-Allow-Origin", "*"})
	p.add(scenarios.Entry{Kind: scenarios.HTTPResponse, Dir: scenarios.Out, Conn: conn, Surface: string(surface), Status: 200, Headers: headers, Body: body})
}

// wellBehaved is a tape on which nothing is wrong: keys, recordings, and streams at the same time.
func wellBehaved(t *testing.T) *tape {
	t.Helper()
	p := &tape{t: t}
	plain := [2]string{"Content-Type", "text/plain; charset=utf-8"}
	p.ask(1, protocol.SurfaceIssue, protocol.PathIssue, "<key:k1>", plain)
	p.ask(1, protocol.SurfaceIssue, protocol.PathIssue, "", [2]string{"Content-Length", "0"}) // observed: an issuer that cannot issue
	p.ask(2, protocol.SurfaceSync, protocol.PathSync, final[len("A "):]+"\r\n", [2]string{"X-Session-ID", "one"}, [2]string{"Content-Length", "400"})
	p.ask(2, protocol.SurfaceSync, protocol.PathSync, refused, [2]string{"X-Session-ID", "two"}, [2]string{"Transfer-Encoding", "chunked"})
	p.connect(3)
	p.connect(4)
	p.say(3, "> s 16K -a-general authorization=<key:k1>", "< G info", "< s", "> p", "< S 500", "< C", "< "+interim)
	p.say(4, "> s 16K -a-general authorization=<key:k2>", "< s can't validate service authorization")
	p.add(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: 4, How: "close-frame", Text: "close frame of the server"})
	p.say(3, "< E 1692", "< S 2500", "< "+final, "< E 3600", "< C", "> e", "< "+rejected, "< e") // S of the next before A of the last
	p.say(3, "> s 16K -a-general authorization=<key:k1>", "< s", "> p", "< S 100", "< "+failed, "> e", "< e")
	p.leave(3)
	p.jobs()
	p.dictionaries()
	return p
}

// index is the place of the first entry on any stream that says line, written as for say.
func (p *tape) index(line string) int {
	p.t.Helper()
	dir := scenarios.In
	if line[0] == '<' {
		dir = scenarios.Out
	}
	i := slices.IndexFunc(p.entries, func(e scenarios.Entry) bool { return e.Dir == dir && e.Text == line[len("> "):] })
	if i < 0 {
		p.t.Fatalf("nobody says %q", line)
	}
	return i
}

func (p *tape) at(line string) *scenarios.Entry { return &p.entries[p.index(line)] }

// reply is the HTTP reply whose body begins so.
func (p *tape) reply(body string) *scenarios.Entry {
	p.t.Helper()
	for i := range p.entries {
		if e := &p.entries[i]; e.Kind == scenarios.HTTPResponse && e.Status == 200 && strings.HasPrefix(e.Body, body) {
			return e
		}
	}
	p.t.Fatalf("no reply begins with %q", body)
	return nil
}

// header changes a header of a reply; an empty name takes it away.
func header(e *scenarios.Entry, old, name, value string) {
	for i, l := range e.Headers {
		if l[0] == old {
			e.Headers[i] = [2]string{name, value}
		}
	}
	e.Headers = slices.DeleteFunc(e.Headers, func(l [2]string) bool { return l[0] == "" })
}

// insert puts a message of the server behind line.
func (p *tape) insert(line, message string) {
	more := &tape{}
	more.say(p.at(line).Conn, "< "+message)
	p.entries = slices.Insert(p.entries, p.index(line)+1, more.entries[0])
	p.number()
}

// waitingForEnd opens one more stream, which ends while e waits for its answer: as text says, behind close frames.
func (p *tape) waitingForEnd(text string, frames ...scenarios.Dir) {
	p.connect(5)
	p.say(5, "> s 16K -a-general authorization=<key:k1>", "< s", "> e")
	for _, dir := range frames {
		p.control(5, dir, 8)
	}
	p.add(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: 5, How: "fin", Text: text})
}

// move puts line behind another.
func (p *tape) move(line, behind string) {
	i := p.index(line)
	e := p.entries[i]
	p.entries = slices.Delete(p.entries, i, i+1)
	p.entries = slices.Insert(p.entries, p.index(behind)+1, e)
	p.number()
}

// drop takes line away.
func (p *tape) drop(line string) {
	i := p.index(line)
	p.entries = slices.Delete(p.entries, i, i+1)
	p.number()
}

// edit changes what line says.
func (p *tape) edit(line, old, replacement string) {
	p.t.Helper()
	e := p.at(line)
	if !strings.Contains(e.Text, old) {
		p.t.Fatalf("%q does not hold %q", line, old)
	}
	e.Text = strings.Replace(e.Text, old, replacement, 1)
}

func (p *tape) number() {
	for i := range p.entries {
		p.entries[i].N = uint64(i + 1)
	}
}

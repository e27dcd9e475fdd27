package fake

import (
	"crypto/md5" //nolint:gosec // the service tells it of the audio of a job
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	chunk       = 32 << 10         // bytes of audio handed on at a time
	readPause   = 60 * time.Second // a body that stands still for so long, in real time, is given up
	drainFactor = 4                // how many times the limit is read and thrown away, so that a client gets to read its reply
)

// upload is what a synchronous request carries. The audio is not held: it is measured and heard while it comes.
type upload struct {
	x     *exchange
	query []protocol.Param
	form  []protocol.Param // parts before a; what comes after it is not seen (documented: sync-http-interface)
	parts []scenarios.Part
	read  int64 // bytes of fields so far

	filename string // of the audio, as the client says; only ever compared
	books    books
	job      job
	audio    measure
	begun    bool            // audio has begun
	big      bool            // the audio is over the limit
	broken   *protocol.Error // the body could not be read as it should
	body     *patient
	forced   []scenarios.Do // by a fault, instead of the answer
	met      bool           // a fault was asked for
	unread   bool           // a fault answers, and the rest of the body is not read
	severed  ending         // how a fault ends the connection before the body was read; empty where none does
	id       protocol.SessionID
}

// job is what is to be done with the audio, decided when it begins.
type job struct {
	params   recognition
	refusal  *protocol.Error // the key is not good; the body is read all the same
	listener *hearing.Listener
	declared protocol.AudioFormat // by c; zero for none, or one that is not known
	broken   error                // the audio cannot be read
	heard    []hearing.Event
	kept     int // samples that are kept for the recognizer
}

// measure is the length and digest of audio that passes by.
type measure struct {
	bytes int64
	sum   hash.Hash
	md5   hash.Hash // nil where nobody wants it
	first []byte
	data  []byte
}

func (m *measure) write(p []byte, keep bool) {
	if m.sum == nil {
		m.sum = sha256.New()
	}
	if len(m.first) < 64 {
		m.first = append(m.first, p[:min(len(p), 64-len(m.first))]...)
	}
	m.bytes += int64(len(p))
	m.sum.Write(p)
	if m.md5 != nil {
		m.md5.Write(p)
	}
	if keep {
		m.data = append(m.data, p...)
	}
}

// md5Text is the digest that the service tells of a job's audio.
func (m *measure) md5Text() string { return hex.EncodeToString(m.md5.Sum(nil)) }

func (m *measure) sha256Text() string {
	if m.sum == nil {
		m.sum = sha256.New()
	}
	return hex.EncodeToString(m.sum.Sum(nil))
}

func (s *Server) audioEntry(m measure, ms int64) *scenarios.Audio {
	a := &scenarios.Audio{Bytes: m.bytes, Ms: ms, SHA256: m.sha256Text(), Data: m.data}
	if m.md5 != nil {
		a.MD5 = m.md5Text()
	}
	if !s.redact.Bytes(m.first) {
		a.First = hex.EncodeToString(m.first[:min(len(m.first), 16)])
	}
	return a
}

// value is the parameter called name: that of the query, or that of the form. (ruled: the query wins, as the newest manual says)
func (u *upload) value(name string) string {
	if v, ok := protocol.First(u.query, name); ok {
		return v
	}
	v, _ := protocol.First(u.form, name)
	return v
}

// readUpload reads the whole request, whatever is wrong with it: the vendor's native clients cannot take an answer before
// they have sent everything. (observed)
func (x *exchange) readUpload(w http.ResponseWriter) *upload {
	u := &upload{x: x, query: protocol.ParseForm(x.r.URL.RawQuery)}
	if x.surface == protocol.SurfaceAsync {
		u.audio.md5 = md5.New() //nolint:gosec // the service tells it
	}
	body := &patient{body: x.r.Body, control: http.NewResponseController(w), left: drainFactor * u.limit(), x: x}
	u.body = body
	u.prepareBooks()
	media, params, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	var err error
	if _, told := protocol.First(u.query, "u"); told {
		u.meetEarly()
	}
	if u.stopped() {
		return u
	}
	if media == "multipart/form-data" && params["boundary"] != "" {
		err = u.walk(multipart.NewReader(body, params["boundary"]))
	} else {
		err = u.raw(body)
	}
	u.outcome(err)
	if !u.begun && !u.stopped() {
		u.begin()
	}
	u.job.finish()
	u.bind(x.r.Context())
	if !u.stopped() {
		_, _ = io.Copy(io.Discard, body)
	}
	return u
}

// stopped tells whether a fault leaves the rest of the body unread.
func (u *upload) stopped() bool { return u.unread || u.severed != "" }

// limit is how many bytes of audio are taken.
func (u *upload) limit() int64 {
	if u.x.surface == protocol.SurfaceAsync {
		return u.x.stage.limits.Job
	}
	return u.x.stage.limits.Upload
}

func (u *upload) outcome(err error) {
	switch {
	case err == nil:
	case errors.Is(err, errTooManyFields):
		u.broken = protocol.NewError(protocol.SyncPayloadTooLarge)
		u.x.tolerate(fmt.Sprintf("the parts before a are more than %d bytes or %d parts", u.x.s.limits.Fields, u.x.s.limits.Parts))
	case u.body.failed != nil && u.x.surface == protocol.SurfaceAsync: // there is no job, and lost says why
	case u.body.stoodStill():
		u.broken = protocol.NewError(protocol.SyncReceiveTimeout)
		u.x.tolerate("the body stood still for " + readPause.String())
	case errors.Is(err, errDrained):
		u.big = true
	case errors.Is(err, errSevered):
	default:
		u.x.tolerate("the body ended early or is no multipart body; what was read of it counts")
	}
}

// lost tells whether the end of the body never came: no job is made of a part of a recording. What the service says to somebody whose
// upload stands still is not known, and who left hears nothing; so the connection ends. (ours)
func (u *upload) lost(w http.ResponseWriter) bool {
	switch {
	case u.body.failed == nil:
		return false
	case u.body.stoodStill():
		u.x.tolerate("the body stood still for " + readPause.String() + ", and what the service says then is not known: the connection ends, and there is no job")
		u.x.sever(w, endOfTCP, "the body stood still")
	case !u.body.cutOff():
		u.x.tolerate("the body cannot be read (" + u.body.nonsense() + "), and what the service says then is not known: the connection ends, and there is no job")
		u.x.sever(w, endOfTCP, "the body cannot be read")
	default:
		u.x.tolerate("the client left before its body had ended: there is no job")
		u.x.sever(w, endOfTCP, scenarios.ClosedByClient)
	}
	return true
}

var (
	errSevered       = errors.New("a fault ends the connection")
	errTooManyFields = errors.New("too many fields")
	errDrained       = errors.New("body is longer than what is worth reading")
)

// walk goes through the parts in their order.
func (u *upload) walk(mr *multipart.Reader) error {
	for n := 0; ; n++ {
		part, err := mr.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n >= u.x.s.limits.Parts {
			return errTooManyFields
		}
		if err := u.part(part); err != nil {
			return err
		}
	}
}

func (u *upload) part(part *multipart.Part) error {
	entry := scenarios.Part{Name: part.FormName(), Type: part.Header.Get("Content-Type")}
	if _, named, _ := strings.Cut(part.Header.Get("Content-Disposition"), "filename="); named != "" {
		name := part.FileName()
		entry.Filename = &name
	}
	var err error
	switch {
	case u.begun:
		entry.Size, err = io.Copy(io.Discard, part)
		u.x.tolerate("part " + entry.Name + " comes after a and is not seen")
	case entry.Name == "a":
		u.filename = part.FileName()
		err = u.listen(part)
		entry.Size = u.audio.bytes
	default:
		entry.Value, err = u.field(part)
		entry.Size = int64(len(entry.Value))
		u.form = append(u.form, protocol.Param{Key: entry.Name, Value: entry.Value})
		if entry.Name == "u" && err == nil {
			if u.meetEarly(); u.stopped() {
				err = errSevered
			}
		}
	}
	u.parts = append(u.parts, entry)
	return err
}

func (u *upload) field(part io.Reader) (string, error) {
	left := u.x.s.limits.Fields - u.read
	value, err := io.ReadAll(io.LimitReader(part, left+1))
	u.read += int64(len(value))
	if int64(len(value)) > left {
		return "", errTooManyFields
	}
	return string(value), err
}

// raw takes the whole body for the audio, whatever its Content-Type says; curl labels it a form.
// (observed: two transfer modes of the vendor's client library)
func (u *upload) raw(body io.Reader) error {
	if u.x.stage.choices.Is(scenarios.SyncRawBody, "refuse") {
		u.begun = true
		u.job.broken = errors.New("a body that is not multipart/form-data is refused by choice")
		u.job.params = u.x.s.recognition(u)
		u.job.refusal = u.authorize()
		if u.meet(); u.stopped() {
			return errSevered
		}
		_, err := io.Copy(io.Discard, body)
		return err
	}
	return u.listen(body)
}

// listen hears the audio while it comes.
func (u *upload) listen(audio io.Reader) error {
	if u.begin(); u.stopped() {
		return errSevered
	}
	buf, ok := u.x.s.chunks.Get().(*[chunk]byte)
	if !ok {
		buf = new([chunk]byte)
	}
	defer u.x.s.chunks.Put(buf)
	for {
		n, err := audio.Read(buf[:])
		u.take(buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (u *upload) take(p []byte) {
	if len(p) == 0 {
		return
	}
	u.audio.write(p, u.x.s.tape.Audio)
	if u.audio.bytes > u.limit() {
		u.big = true
		u.job.listener, u.audio.data = nil, nil
		return
	}
	u.job.hear(p)
}

// begin decides what will be done with the audio, from all that came before it.
func (u *upload) begin() {
	u.begun = true
	u.job.params = u.x.s.recognition(u)
	u.job.refusal = u.authorize()
	if u.meet(); u.job.refusal == nil {
		u.job.prepare(u)
	}
}

func (j *job) hear(p []byte) {
	if j.listener == nil || j.broken != nil {
		return
	}
	events, err := j.listener.Write(p)
	j.bound(events)
	j.heard, j.broken = append(j.heard, events...), err
}

func (j *job) finish() {
	if j.listener == nil || j.broken != nil {
		return
	}
	events, err := j.listener.Close()
	j.bound(events)
	j.heard, j.broken = append(j.heard, events...), err
}

package transcripts_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mockamivoice/fake/internal/transcripts"
	"mockamivoice/scenarios/transcript"
)

// folder is a Folder over files, whose recordings are digits: an utterance of a second each, and what it told.
func folder(files fs.FS) (*transcripts.Folder, *[]string) {
	var told []string
	return transcripts.New(transcripts.Options{
		Files: files,
		Hear: func(r io.Reader) ([]transcripts.Sound, error) {
			data, _ := io.ReadAll(r)
			var all []transcripts.Sound
			for i, c := range data {
				if c == 'x' {
					return nil, errors.New("noise")
				}
				all = append(all, transcripts.Sound{Digest: uint64(c) % 100, Longer: uint64(c), Start: 2000 * i, End: 2000*i + 1000})
			}
			return all, nil
		},
		Tell: func(file, what string, err error) { told = append(told, fmt.Sprint(file, ": ", what, ": ", err)) },
	}), &told
}

// like is what sounds like a digit.
func like(c byte) transcripts.Sound {
	return transcripts.Sound{Digest: uint64(c) % 100, Longer: uint64(c)}
}

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestFindsTheFileThatTells(t *testing.T) {
	sha, md5 := strings.Repeat("0a", 32), strings.Repeat("0b", 16)
	f, told := folder(fstest.MapFS{
		"hello.txt": text("by name"), "hello.wav.txt": text("by the whole name"), sha + ".txt": text("by sha"), md5 + ".txt": text("by md5"),
		"two.txt": text("first\nsecond"), "two.raw": text("12"), "again.txt": text("a\nb"), "again.wav": text("33"), "default.txt": text("else"),
		"sub/x.txt": text("x"), ".hidden.txt": text("x"), "notes.md": text("x"), "alone.wav": text("9"),
	})
	x := f.Index()
	for name, c := range map[string]struct {
		r      transcripts.Recording
		digest byte
		u      transcript.Utterance
		want   string
	}{
		"digest before name":        {transcripts.Recording{Name: "hello.wav", SHA256: sha, MD5: md5}, 0, transcript.Utterance{}, sha + ".txt by sha256: by sha"},
		"the other digest":          {transcripts.Recording{Name: "hello.wav", MD5: md5}, 0, transcript.Utterance{}, md5 + ".txt by md5: by md5"},
		"the whole name first":      {transcripts.Recording{Name: "hello.wav"}, '1', transcript.Utterance{}, "hello.wav.txt by file name: by the whole name"},
		"the name without its end":  {transcripts.Recording{Name: `C:\sounds\hello.flac`}, 0, transcript.Utterance{}, "hello.txt by file name: by name"},
		"a path is only compared":   {transcripts.Recording{Name: "../../hello"}, 0, transcript.Utterance{}, "hello.txt by file name: by name"},
		"the sound":                 {transcripts.Recording{}, '2', transcript.Utterance{Start: 5000}, "two.txt by sound: second"},
		"the sound in its place":    {transcripts.Recording{}, '3', transcript.Utterance{Index: 1}, "again.txt by sound: b"},
		"the sound elsewhere":       {transcripts.Recording{}, '3', transcript.Utterance{Index: 7}, "again.txt by sound: a"},
		"nothing of them":           {transcripts.Recording{Name: "sub/x.flac"}, '9', transcript.Utterance{}, "default.txt by default: else"},
		"a name that is only a dot": {transcripts.Recording{Name: "."}, 0, transcript.Utterance{}, "default.txt by default: else"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := x.Find(c.r, like(c.digest), c.u)
			said := ""
			if ok {
				cue, _ := got.Transcript.Part(got.Utterance)
				said = got.File + " by " + got.By + ": " + cue.Text
			}
			if said != c.want {
				t.Errorf("%q, want %q", said, c.want)
			}
		})
	}
	if got, _ := x.Find(transcripts.Recording{}, like('2'), transcript.Utterance{Start: 5000}); got.Shift != 3000 || got.Utterance.After != 1000 || got.Utterance.Of != 2 {
		t.Errorf("%+v", got)
	}
	if len(*told) != 0 {
		t.Error(*told)
	}
	if !x.Needs(16) || !x.Needs(32) || x.Needs(20) {
		t.Error("digests that are needed")
	}
}

// Digits begin to sound alike after a hundred: \xAA, which is 170, begins like F, which is 70.
func TestTellsApartWhatBeginsAlike(t *testing.T) {
	f, _ := folder(fstest.MapFS{"a.wav": text("F"), "a.txt": text("a"), "b.wav": text("\xAA"), "b.txt": text("b"), "default.txt": text("else")})
	x := f.Index()
	for name, c := range map[string]struct {
		longer uint64
		want   string
	}{"the one": {70, "a.txt"}, "the other": {170, "b.txt"}, "neither": {270, "default.txt"}, "not over": {0, ""}} {
		got, ok := x.Find(transcripts.Recording{}, transcripts.Sound{Digest: 70, Longer: c.longer}, transcript.Utterance{})
		if !ok || got.File != c.want || (got.Transcript == nil) != (c.want == "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got, ok := x.Find(transcripts.Recording{}, transcripts.Sound{Digest: 71}, transcript.Utterance{}); !ok || got.File != "default.txt" {
		t.Errorf("%+v", got)
	}
}

func TestKnowsNothingWithoutAFallback(t *testing.T) {
	f, _ := folder(fstest.MapFS{"a.txt": text("a")})
	if got, ok := f.Index().Find(transcripts.Recording{Name: "b.wav"}, like(0), transcript.Utterance{}); ok {
		t.Errorf("%+v", got)
	}
}

func TestTellsBadFilesOnceAndUsesTheRest(t *testing.T) {
	f, told := folder(fstest.MapFS{
		"bad.json": text("{\n  \"utterance\": []}"), "good.txt": text("a"), "good.srt": text("00:00:01,000 --> 00:00:02,000\nb"), "noise.wav": text("x"), "noise.txt": text("n"),
	})
	f.Index()
	x := f.Index()
	if got, ok := x.Find(transcripts.Recording{Name: "good.wav"}, like(0), transcript.Utterance{}); !ok || got.File != "good.srt" {
		t.Errorf("%+v", got)
	}
	if _, ok := x.Find(transcripts.Recording{Name: "noise.wav"}, like(0), transcript.Utterance{}); !ok {
		t.Error("a recording that cannot be heard has lost its name")
	}
	all := strings.Join(*told, "\n")
	for _, want := range []string{
		`bad.json: is not used: bad.json:2:3: unknown field "utterance", did you mean "utterances"?`,
		"good.txt: is not used: good.srt has the same name and comes first: <nil>",
		"noise.wav: cannot be heard, so that only its name and its digests tell it: noise.wav: noise",
	} {
		if strings.Count(all, want) != 1 {
			t.Errorf("%q is not there once in\n%s", want, all)
		}
	}
}

func TestReadsWhatChanged(t *testing.T) {
	files := fstest.MapFS{"a.txt": text("one")}
	f, told := folder(files)
	said := func() string {
		got, ok := f.Index().Find(transcripts.Recording{Name: "a.wav"}, like('1'), transcript.Utterance{})
		if !ok {
			return ""
		}
		return got.By + " " + got.Transcript.Cues[0].Text
	}
	for i, step := range []struct {
		change func()
		want   string
	}{
		{func() {}, "file name one"},
		{func() { files["a.txt"] = text("longer") }, "file name longer"},
		{func() { files["a.txt"] = &fstest.MapFile{Data: []byte("sooner"), ModTime: time.Unix(1, 0)} }, "file name sooner"},
		{func() { files["a.json"] = text("{") }, "file name sooner"},
		{func() { files["a.json"] = text(`{"utterances":[{"text":"json"}]}`) }, "file name json"},
		{func() { delete(files, "a.json") }, "file name sooner"},
		{func() { files["b.wav"], files["b.txt"] = text("1"), text("sound"); delete(files, "a.txt") }, "sound sound"},
		{func() { delete(files, "b.wav") }, ""},
	} {
		step.change()
		if got := said(); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	if n := len(*told); n != 2 { // {, and a.txt behind a.json
		t.Error(*told)
	}
}

func TestFolderThatIsGoneKeepsWhatItTold(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.txt", "a")
	f, told := folder(os.DirFS(dir))
	f.Index()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	f.Index()
	if _, ok := f.Index().Find(transcripts.Recording{Name: "a.wav"}, like(0), transcript.Utterance{}); !ok || len(*told) != 1 {
		t.Errorf("%v, told %q", ok, *told)
	}
}

func TestNothingLeadsOutOfTheFolder(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "real"), []byte("inside"), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Symlink(outside, filepath.Join(dir, "out.txt")) != nil || os.Symlink("real", filepath.Join(dir, "in.txt")) != nil {
		t.Skip("no links here")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	f, told := folder(root.FS())
	x := f.Index()
	if _, ok := x.Find(transcripts.Recording{Name: "out.wav"}, like(0), transcript.Utterance{}); ok {
		t.Error("a link out of the folder was followed")
	}
	if got, ok := x.Find(transcripts.Recording{Name: "in.wav"}, like(0), transcript.Utterance{}); !ok || got.Transcript.Cues[0].Text != "inside" {
		t.Error("a link inside of the folder was not followed")
	}
	if all := strings.Join(*told, "\n"); len(*told) != 1 || !strings.Contains(all, "out.txt: is not used: out.txt: ") {
		t.Error(all)
	}
}

func TestOpensNothingThatHasNoEnd(t *testing.T) {
	f, told := folder(fstest.MapFS{
		"pipe.txt": &fstest.MapFile{Mode: fs.ModeNamedPipe, Data: []byte("for ever")}, "good.txt": text("words"),
		"good.wav": &fstest.MapFile{Mode: fs.ModeDevice, Data: []byte("1")},
	})
	x := f.Index()
	if _, found := x.Find(transcripts.Recording{Name: "pipe"}, transcripts.Sound{}, transcript.Utterance{}); found {
		t.Error("what stands in a pipe is told")
	}
	if _, found := x.Find(transcripts.Recording{}, like('1'), transcript.Utterance{}); found {
		t.Error("a device is heard")
	}
	want := "[pipe.txt: is not used: pipe.txt: is no regular file good.wav: cannot be heard, so that only its name and its digests tell it: good.wav: is no regular file]"
	if got := fmt.Sprint(*told); got != want {
		t.Error(got)
	}
}

// Package transcripts keeps a folder of transcripts: it reads what changed, and finds the file that tells of a recording by the
// name of an upload, by a digest of its bytes, or by how its utterances sound.
package transcripts

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"mockamivoice/scenarios/strict"
	"mockamivoice/scenarios/transcript"
)

const (
	mostFiles = 10_000   // that are looked at
	mostAudio = 64 << 20 // bytes of a recording that are heard
)

// Sound is an utterance of a recording, in milliseconds of it.
type Sound struct {
	Digest     uint64 // of its beginning
	Longer     uint64 // of more of it; 0 where it is not over yet
	Start, End int
}

// Options say what a Folder does not do itself.
type Options struct {
	Files fs.FS                              // only the files at its top are looked at; a link may lead nowhere that Files does not allow
	Hear  func(io.Reader) ([]Sound, error)   // finds the utterances of a recording
	Tell  func(file, what string, err error) // err is nil for good news; called once for each version of a file, one after another
}

// Folder is a folder of transcripts. All methods may be called from any number of goroutines.
type Folder struct {
	Options
	mu    sync.Mutex
	files map[string]*file
	index *Index
	sick  string // why the folder cannot be read; empty when it can
}

// file is what is known about a version of a file.
type file struct {
	size       int64
	modified   time.Time
	transcript *transcript.Transcript // nil for a recording, and for a bad file
	sounds     []Sound
}

// New is a Folder whose files have not been read yet.
func New(o Options) *Folder {
	return &Folder{Options: o, files: make(map[string]*file), index: newIndex(nil)}
}

// Index is the folder as it is now. Files whose size and time of change are the same as before are not read again. A bad file is told
// and tells of nothing; when the whole folder cannot be read the last Index stays.
func (f *Folder) Index() *Index {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := fs.ReadDir(f.Files, ".")
	if err == nil && len(entries) > mostFiles {
		err = fmt.Errorf("more than %d files", mostFiles)
	}
	if err != nil {
		if f.sick != err.Error() {
			f.sick = err.Error()
			f.Tell(".", "the folder cannot be read", err)
		}
		return f.index
	}
	f.sick = ""
	if f.refresh(entries) {
		f.index = newIndex(f.files)
		for _, shadow := range f.index.shadows {
			f.Tell(shadow.name, shadow.what, nil)
		}
	}
	return f.index
}

// refresh reads what is new or another version, and forgets what is gone.
func (f *Folder) refresh(entries []fs.DirEntry) (changed bool) {
	there := make(map[string]bool)
	var recordings []string
	for _, e := range entries {
		name := e.Name()
		isTold, isAudio := slices.Contains(transcript.Extensions(), extension(name)), slices.Contains(recordingExtensions(), extension(name))
		if e.IsDir() || strings.HasPrefix(name, ".") || !isTold && !isAudio {
			continue
		}
		there[name] = true
		if isAudio {
			recordings = append(recordings, name)
		} else if f.isNew(name) {
			changed = true
			f.read(name)
		}
	}
	for name := range f.files {
		if !there[name] {
			delete(f.files, name)
			changed = true
		}
	}
	for _, name := range recordings {
		if f.tells(name) && f.isNew(name) {
			changed = true
			f.listen(name)
		}
	}
	return changed
}

// isNew looks at a file, and keeps the mark of this version. What cannot be looked at is told by who opens it.
func (f *Folder) isNew(name string) bool {
	now := &file{size: -1}
	if info, err := fs.Stat(f.Files, name); err == nil {
		now.size, now.modified = info.Size(), info.ModTime()
	}
	before, known := f.files[name]
	if known && before.size == now.size && before.modified.Equal(now.modified) {
		return false
	}
	f.files[name] = now
	return true
}

// tells whether some transcript is about a recording, which is heard only then.
func (f *Folder) tells(recording string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(f.files)), func(name string) bool { return f.files[name].transcript != nil && isAbout(name, recording) })
}

// isAbout tells whether a transcript is named after a recording, with or without its extension.
func isAbout(name, recording string) bool {
	stem := strings.TrimSuffix(name, path.Ext(name))
	return stem == recording || stem == strings.TrimSuffix(recording, path.Ext(recording))
}

func (f *Folder) read(name string) {
	data, err := readAtMost(f.Files, name, transcript.MaxBytes+1)
	if err == nil {
		f.files[name].transcript, err = transcript.Parse(name, data)
	}
	if err != nil {
		if _, ok := errors.AsType[*strict.Error](err); !ok {
			err = fmt.Errorf("%s: %w", name, err)
		}
		f.Tell(name, "is not used", err)
	}
}

func (f *Folder) listen(name string) {
	err := func() error {
		r, err := open(f.Files, name)
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		f.files[name].sounds, err = f.Hear(io.LimitReader(r, mostAudio))
		return err
	}()
	if err != nil {
		f.Tell(name, "cannot be heard, so that only its name and its digests tell it", fmt.Errorf("%s: %w", name, err))
	}
}

// open opens what has an end: to open a pipe would wait for somebody who writes into it.
func open(files fs.FS, name string) (fs.File, error) {
	info, err := fs.Stat(files, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("is no regular file")
	}
	return files.Open(name)
}

func readAtMost(files fs.FS, name string, most int64) ([]byte, error) {
	r, err := open(files, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(io.LimitReader(r, most))
}

func extension(name string) string { return strings.ToLower(path.Ext(name)) }

// recordingExtensions are those of recordings. What has no header is heard as 16-bit little-endian PCM at 16 kHz.
func recordingExtensions() []string {
	return []string{".wav", ".flac", ".mp3", ".ogg", ".opus", ".spx", ".webm", ".raw", ".pcm"}
}

// rank is the place of a transcript among those of the same name.
func rank(name string) int { return slices.Index(transcript.Extensions(), extension(name)) }

// byRank sorts names of files so that of those of the same stem the one that counts comes first.
func byRank(a, b string) int {
	return cmp.Or(cmp.Compare(strings.TrimSuffix(a, path.Ext(a)), strings.TrimSuffix(b, path.Ext(b))), rank(a)-rank(b), cmp.Compare(a, b))
}

package conformance

import "sync"

// Sounds keeps generated sounds, because scripts use the same few over and over. It is safe for concurrent use; its zero value
// is empty. What does not fit into 64 MiB is made anew each time.
type Sounds struct {
	mu    sync.Mutex
	kept  map[string][]byte
	bytes int
}

const mostSounds = 64 << 20 // bytes

// of is the sound of that name, made if it is not there.
func (s *Sounds) of(name string, generate func() []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data, is := s.kept[name]; is {
		return data
	}
	data := generate()
	if s.bytes+len(data) > mostSounds {
		return data
	}
	if s.kept == nil {
		s.kept = make(map[string][]byte)
	}
	s.kept[name] = data
	s.bytes += len(data)
	return data
}

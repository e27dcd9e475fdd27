package hearing

// window holds the bytes of a container that are not used up yet, and counts those that are.
type window struct {
	buf  []byte
	at   int   // of the first byte that is not used up
	used int64 // bytes that are
	skip int64 // bytes to come that nobody needs
}

// add takes the next bytes.
func (w *window) add(p []byte) {
	n := min(w.skip, int64(len(p)))
	w.skip -= n
	w.used += n
	rest := copy(w.buf, w.buf[w.at:])
	w.buf, w.at = append(w.buf[:rest], p[n:]...), 0
}

// bytes are those that are held.
func (w *window) bytes() []byte { return w.buf[w.at:] }

// drop uses up n bytes, also ones that have not come yet.
func (w *window) drop(n int64) {
	held := min(n, int64(len(w.buf)-w.at))
	w.at += int(held)
	w.used += held
	w.skip += n - held
}

// waits reports whether bytes are to come that nobody needs.
func (w *window) waits() bool { return w.skip > 0 }

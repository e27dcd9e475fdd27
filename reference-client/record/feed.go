package record

import "io"

// feed hands bytes to a parser that runs in a goroutine of its own, in step: Write returns when the parser has dealt with all of
// them and asks for more, or has stopped.
type feed struct {
	data    chan []byte
	idle    chan struct{} // the parser has taken everything
	stopped chan struct{} // closed when the parser has returned
	current []byte        // the parser's
}

// parse runs a parser on a feed.
func parse(parser func(io.Reader)) *feed {
	f := &feed{data: make(chan []byte), idle: make(chan struct{}), stopped: make(chan struct{})}
	go func() {
		defer close(f.stopped)
		parser(f)
	}()
	f.wait()
	return f
}

// wait returns when the parser wants more.
func (f *feed) wait() {
	select {
	case <-f.idle:
	case <-f.stopped:
	}
}

// Read implements io.Reader for the parser.
func (f *feed) Read(p []byte) (int, error) {
	if len(f.current) == 0 {
		f.idle <- struct{}{}
		data, open := <-f.data
		if !open {
			return 0, io.EOF
		}
		f.current = data
	}
	n := copy(p, f.current)
	f.current = f.current[n:]
	return n, nil
}

// Write implements io.Writer.
func (f *feed) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	select {
	case f.data <- p:
		f.wait()
	case <-f.stopped: // what it cannot read is passed over
	}
	return len(p), nil
}

// end tells the parser that nothing more comes, and waits for it.
func (f *feed) end() {
	close(f.data)
	<-f.stopped
}

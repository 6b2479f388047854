package detect

import "bytes"

const (
	inPlace = 32 << 10 // so much of a Write is not copied into the buffer
	bridge  = 8 << 10  // copied at a time until all that is needed stands in what is written
)

// Write takes text in UTF-8, cut anywhere. It never fails. Much at a time is
// looked at where it stands; only what the next Write may add to is copied.
func (s *Scanner) Write(p []byte) (int, error) {
	if s.buffer == nil {
		s.buffer = make([]byte, bufferSize)
	}
	for at := 0; at < len(p); {
		much := len(p)-at >= inPlace
		if much && s.end <= at { // all that is in the buffer stands in p too
			s.within(p[at-s.end:])
			break
		}
		room := s.buffer[s.end:]
		if much {
			room = room[:min(len(room), bridge)]
		}
		k := copy(room, p[at:])
		s.end += k
		at += k
		if much || s.end == len(s.buffer) {
			s.search(false)
			s.keep(s.buffer)
		}
	}
	return len(p), nil
}

// within looks at text, which begins with what is in the buffer.
func (s *Scanner) within(text []byte) {
	own := s.buffer
	s.buffer, s.end = text, len(text)
	s.search(false)
	s.keep(own)
	s.current, s.cluster.text = line{}, nil // whose memory it is we do not know
}

// keep moves what is still needed of the buffer into another, or to the
// beginning of the same.
func (s *Scanner) keep(into []byte) {
	keep := min(max(s.done, s.pos-window-contextBytes, 0), s.pos)
	s.count(keep)
	s.counted = 0
	s.last = s.byteBefore(keep)
	copy(into, s.buffer[keep:s.end])
	s.buffer = into
	s.base += int64(keep)
	s.end -= keep
	s.pos -= keep
	s.done = max(0, s.done-keep)
}

func (s *Scanner) byteBefore(i int) byte {
	if i > 0 {
		return s.buffer[i-1]
	}
	return s.last
}

// limit answers up to where lines are complete.
func (s *Scanner) limit(final bool) int {
	if final {
		return s.end
	}
	tail := max(s.pos, s.end-longestRow)
	if i := bytes.LastIndexByte(s.buffer[tail:s.end], '\n'); i >= 0 {
		tail += i + 1
	}
	if s.asked.waits {
		tail = min(tail, max(s.pos, int(s.asked.upTo-s.base)))
	}
	return tail
}

// count counts line ends up to i.
func (s *Scanner) count(i int) {
	if i > s.counted {
		s.lines += bytes.Count(s.buffer[s.counted:i], []byte{'\n'})
		s.counted = i
	}
}

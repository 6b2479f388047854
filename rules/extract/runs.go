package extract

import (
	"bytes"
	"unicode/utf8"
)

// Runs of text in a binary block: what strings(1) finds, in more charsets.
const (
	shortestRun  = 4
	runsKeptBack = 8 << 10
)

// Blocks whose bytes are spread evenly are compressed or encrypted: films,
// pictures, archives. What text they seem to hold is chance, but for runs too
// long for it.
const (
	evenSample  = 4096 // bytes looked at
	evenMost    = 1024 // chi-square against an even spread; 255 is chance, text has tens of thousands
	shortestFew = 11   // characters: a mobile number, the shortest thing that chance hardly makes
	runContext  = 256  // bytes before and after that may say what it is
)

// appendRuns appends the runs of text in a block of a binary file, a line
// each: eight-bit text first, then UTF-16 in either byte order and alignment.
func appendRuns(dst, block []byte) []byte {
	if !even(block) {
		return appendAllRuns(dst, block)
	}
	for at := 0; at < len(block); {
		start, end := longRun(block, at)
		if start < 0 {
			break
		}
		// What stands around it says what it is.
		start, end = max(at, start-runContext), min(len(block), end+runContext)
		for {
			next, last := longRun(block[:min(len(block), end+runContext)], end)
			if next < 0 {
				break
			}
			end = min(len(block), last+runContext)
		}
		dst = appendAllRuns(dst, block[start:end])
		at = end
	}
	return dst
}

func appendAllRuns(dst, block []byte) []byte {
	dst = appendNarrowRuns(dst, block)
	for _, c := range []charset{utf16le, utf16be} {
		dst = appendWideRuns(dst, block, c)
		if len(block) > 1 {
			dst = appendWideRuns(dst, block[1:], c)
		}
	}
	return dst
}

func even(block []byte) bool {
	if len(block) < evenSample {
		return false
	}
	var count [256]int
	step := len(block) / evenSample
	for i := range evenSample {
		count[block[i*step]]++
	}
	const expected = evenSample / len(count)
	sum := 0
	for _, n := range count {
		sum += (n - expected) * (n - expected)
	}
	return sum/expected < evenMost
}

// longRun answers the first run at or after from, of ASCII in one byte or two,
// that is too long for chance; -1 when there is none.
func longRun(block []byte, from int) (start, end int) {
	start, end = longNarrowRun(block, from)
	within := len(block)
	if start >= 0 {
		within = start
	}
	if s, e := longWideRun(block[:within], from); s >= 0 {
		return s, e
	}
	return start, end
}

// longNarrowRun: a run of n bytes has a byte at every n-th index; nothing else
// needs to be looked at.
func longNarrowRun(block []byte, from int) (start, end int) {
	for i := from + shortestFew - 1; i < len(block); i += shortestFew {
		if !ascii[block[i]] {
			continue
		}
		start, end := i, i+1
		for start > from && ascii[block[start-1]] {
			start--
		}
		for end < len(block) && ascii[block[end]] {
			end++
		}
		if end-start >= shortestFew {
			return start, end
		}
	}
	return -1, -1
}

// longWideRun: in UTF-16 every other byte of ASCII is zero.
func longWideRun(block []byte, from int) (start, end int) {
	for i := from; i < len(block); {
		n := bytes.IndexByte(block[i:], 0)
		if n < 0 {
			return -1, -1
		}
		i += n
		end := i
		for end < len(block) && block[end] == 0 && (end == i || ascii[block[end-1]]) {
			end += 2
		}
		if end-i >= 2*shortestFew {
			return i, min(end, len(block))
		}
		i++
	}
	return -1, -1
}

// ascii are the bytes of printable text.
var ascii = func() (t [256]bool) {
	for c := range utf8.RuneSelf {
		t[c] = !narrowBreak[c]
	}
	return t
}()

// cutRuns answers where a binary block can be cut without cutting a run: after
// two control bytes, which no charset has in the middle of text.
func cutRuns(block []byte) int {
	for i := len(block) - 2; i >= max(0, len(block)-runsKeptBack); i-- {
		if narrowBreak[block[i]] && narrowBreak[block[i+1]] {
			return i + 1
		}
	}
	if len(block) < blockSize {
		return 0
	}
	return len(block)
}

// narrowBreak are the bytes no text holds.
var narrowBreak = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = c != '\t' && c != '\n' && c != '\r'
	}
	t[0x7F] = true
	return t
}()

func appendNarrowRuns(dst, block []byte) []byte {
	for i := 0; i < len(block); {
		if narrowBreak[block[i]] {
			i++
			continue
		}
		start, high := i, byte(0)
		for i < len(block) && !narrowBreak[block[i]] {
			high |= block[i]
			i++
		}
		if run := block[start:i]; len(run) >= shortestRun {
			if high < utf8.RuneSelf {
				dst = append(append(dst, run...), '\n')
			} else {
				dst = appendMixedRun(dst, run)
			}
		}
	}
	return dst
}

// appendMixedRun appends a run with bytes beyond ASCII: whole when it is UTF-8
// or GB 2312, else the ASCII in it.
func appendMixedRun(dst, run []byte) []byte {
	if utf8.Valid(run) {
		return append(append(dst, run...), '\n')
	}
	if isGB2312(run) {
		return append(appendGB18030(dst, run), '\n')
	}
	for i := 0; i < len(run); {
		start := i
		for i < len(run) && run[i] < utf8.RuneSelf {
			i++
		}
		if i-start >= shortestRun {
			dst = append(append(dst, run[start:i]...), '\n')
		}
		for i < len(run) && run[i] >= utf8.RuneSelf {
			i++
		}
	}
	return dst
}

func isGB2312(p []byte) bool {
	for i := 0; i < len(p); i++ {
		if p[i] < utf8.RuneSelf {
			continue
		}
		lead := p[i] >= 0xA1 && p[i] <= 0xA3 || p[i] >= 0xB0 && p[i] <= 0xF7
		if i++; !lead || i == len(p) || p[i] < 0xA1 || p[i] == 0xFF {
			return false
		}
	}
	return true
}

// appendWideRuns appends runs of UTF-16 made of ASCII and usual Chinese
// characters.
func appendWideRuns(dst, block []byte, c charset) []byte {
	lo, hi := 0, 1
	if c == utf16be {
		lo, hi = 1, 0
	}
	set := wideUnits()
	for i := 0; i+1 < len(block); i += 2 {
		if !set[uint16(block[i+lo])|uint16(block[i+hi])<<8] {
			continue
		}
		start := i
		for i += 2; i+1 < len(block) && set[uint16(block[i+lo])|uint16(block[i+hi])<<8]; i += 2 {
		}
		if run := block[start:i]; len(run) >= 2*shortestRun && !misread(run) {
			dst = append(appendUTF16(dst, run, c), '\n')
		}
	}
	return dst
}

// misread tells whether a run is eight-bit ASCII, two letters of which look
// like one Chinese character.
func misread(run []byte) bool {
	both := 0
	for i := 0; i+1 < len(run); i += 2 {
		if run[i] >= 0x20 && run[i] < 0x7F && run[i+1] >= 0x20 && run[i+1] < 0x7F {
			both++
		}
	}
	return both*10 >= len(run)/2*6
}

package detect

import "bytes"

// lineEnd answers where the line ends that i stands in, its line end included:
// at the next line end, or where it is cut for its length.
func (s *Scanner) lineEnd(from, i, reach int) (end int, whole bool) {
	most := min(i+reach, s.end)
	if k := bytes.IndexByte(s.buffer[i:most], '\n'); k >= 0 {
		return i + k + 1, true
	}
	if most == s.end && i+reach > s.end {
		return s.end, true
	}
	for k := most - 1; k > most-reach/2; k-- {
		if cuttable(s.buffer[k]) && k+1 < s.end && !isDigit(s.buffer[k+1]) || escapedLineEnd(s.buffer[k+1:most]) {
			return k + 1, false
		}
	}
	return s.behindNumber(most), false
}

// behindNumber answers where, not far before most, a long number ends, so that
// lists of them are cut between two; or else where a character begins.
func (s *Scanner) behindNumber(most int) int {
	for k := most - 1; k > most-longestRun/4 && k >= leastDigits; k-- {
		if !isDigit(s.buffer[k]) && isDigit(s.buffer[k-1]) && allDigits(s.buffer[k-leastDigits:k]) {
			return k
		}
	}
	return runeStart(s.buffer, most)
}

// cuttable tells whether a line may be cut behind c without cutting a value.
func cuttable(c byte) bool {
	return c == ',' || c == ';' || c == '\t' || c == '|' || c == '}' || c == ']' || c == '>' || c == '"' || c == '\''
}

// runeStart answers i moved back to where a character begins.
func runeStart(text []byte, i int) int {
	for k := i; k > i-4 && k > 0; k-- {
		if k == len(text) || text[k]&0xC0 != 0x80 {
			return k
		}
	}
	return i
}

// lineStart answers where the line begins that i stands in, or where it is cut.
func (s *Scanner) lineStart(i int) int {
	least := max(s.done, i-window)
	if k := bytes.LastIndexByte(s.buffer[least:i], '\n'); k >= 0 {
		return least + k + 1
	}
	if least == s.done {
		return least
	}
	for k := least; k < i-window/2; k++ {
		if cuttable(s.buffer[k]) {
			return k + 1
		}
	}
	return runeStart(s.buffer, least)
}

// contextStart answers where the lines begin that are looked at before the one
// at start.
func (s *Scanner) contextStart(start int) int {
	least := max(s.done, start-contextBytes)
	at := start
	for range contextLines {
		if at <= least || s.buffer[at-1] != '\n' {
			return at
		}
		k := bytes.LastIndexByte(s.buffer[least:at-1], '\n')
		if k < 0 {
			if least == s.done {
				return least
			}
			return at
		}
		at = least + k + 1
	}
	return at
}

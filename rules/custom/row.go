package custom

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// mostOfRow is how much of a row tells it from others.
const mostOfRow = 1 << 10

// rowOf answers what tells the row of a table from others, 0 for lines that are
// none: of a sheet every row, of text lines with columns, and sentences about
// somebody, one a line.
func (m *Matcher) rowOf(p *piece, line span) uint64 {
	text := p.folded[line.start:min(line.end, line.start+mostOfRow)]
	if m.cells == nil && !inColumns(text) {
		return 0
	}
	return maphash.Bytes(m.set.seed, text) | 1
}

// somebody are words that a sentence about one person of many begins with.
var somebody = [][]byte{[]byte("患者"), []byte("病人"), []byte("借款人"), []byte("被查询人"), []byte("持卡人"), []byte("担保人"), []byte("客户")}

// inColumns tells whether a line is a row of a table, or begins with somebody.
func inColumns(line []byte) bool {
	if bytes.Contains(line, []byte("。")) {
		start := line[:min(len(line), 32)]
		return slices.ContainsFunc(somebody, func(w []byte) bool { return bytes.Contains(start, w) })
	}
	for _, delim := range []byte(delimiters) {
		if bytes.Count(line, []byte{delim}) > 1 {
			return true
		}
	}
	return false
}

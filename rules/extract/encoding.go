package extract

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// charset is how the bytes of a block stand for characters.
type charset uint8

const (
	unicode8  charset = iota // UTF-8 and so ASCII
	utf16le                  //
	utf16be                  //
	utf32le                  //
	utf32be                  //
	gb18030                  // and so GBK and GB2312
	big5                     //
	western                  // an eight-bit alphabet: only its ASCII half matters here
	notText                  // to be searched for runs of text
	undecided charset = 0xff // nothing but ASCII so far
)

// sampled is how much of a block is decoded on trial.
const sampled = 4096

// Weights of a decoded character: text is made of characters people use.
const (
	weightUsual   = 100
	weightRare    = 20
	weightInvalid = -150
)

// usual answers the set of characters that ordinary Chinese text is made of:
// the first levels of GB 2312 and of Big5.
var usual = sync.OnceValue(func() *[1 << 16]bool {
	var set [1 << 16]bool
	mark := func(e encoding.Encoding, leads [2]int, trails ...[2]int) {
		d := e.NewDecoder()
		for lead := leads[0]; lead <= leads[1]; lead++ {
			for _, t := range trails {
				for trail := t[0]; trail <= t[1]; trail++ {
					out, err := d.Bytes([]byte{byte(lead), byte(trail)})
					if r, _ := utf8.DecodeRune(out); err == nil && r != utf8.RuneError && r < 1<<16 {
						set[r] = true
					}
				}
			}
		}
	}
	mark(simplifiedchinese.GB18030, [2]int{0xB0, 0xD7}, [2]int{0xA1, 0xFE})
	mark(traditionalchinese.Big5, [2]int{0xA4, 0xC6}, [2]int{0x40, 0x7E}, [2]int{0xA1, 0xFE})
	return &set
})

// wideUnits is the set of UTF-16 units that a run of text in a binary file is
// made of.
var wideUnits = sync.OnceValue(func() *[1 << 16]bool {
	set := *usual()
	for r := range set {
		set[r] = set[r] || weigh(rune(r)) == weightUsual
	}
	return &set
})

func weigh(r rune) int {
	switch {
	case r >= 0x20 && r < 0x7F, r == '\n', r == '\r', r == '\t':
		return weightUsual
	case r >= 0x3000 && r <= 0x301F, r >= 0xFF01 && r <= 0xFF5E, r >= 0x2010 && r <= 0x2026, r == '￥', r == '·':
		return weightUsual
	case r < 0x20 || r >= 0x7F && r < 0xA0 || r == utf8.RuneError || r >= 0xD800 && r < 0xF900 || r >= 0xFFF0 && r < 0x10000:
		return weightInvalid
	case r < 1<<16 && usual()[r]:
		return weightUsual
	default:
		return weightRare
	}
}

// scoreNarrow rates how well the characters beyond ASCII of a sample read as
// GB 18030 or Big5, from below 0 to 100.
func scoreNarrow(sample []byte, e encoding.Encoding) int {
	out, err := e.NewDecoder().Bytes(sample)
	if err != nil {
		return weightInvalid
	}
	total, n := 0, 0
	for _, r := range string(out) {
		if r < utf8.RuneSelf {
			continue
		}
		total += weigh(r)
		n++
	}
	if n == 0 {
		return 0
	}
	return total / n
}

// uniform answers the leading part of a block that is in one charset, and that
// charset: what follows is looked at anew.
func uniform(block []byte, before charset, declared bool) ([]byte, charset) {
	if text := beforeZero(block); len(text) > 0 && !before.wide() {
		if c := judge(text, before, declared); c == unicode8 || c == gb18030 || c == big5 {
			return text, c
		}
	}
	c := judge(block, before, declared)
	if c.wide() {
		block = wideText(block, c)
	}
	return block, c
}

// beforeZero answers the lines that stand before the first zero byte, behind
// which text in wide characters may have begun.
func beforeZero(block []byte) []byte {
	i := bytes.IndexByte(block, 0)
	if i <= 0 {
		return nil
	}
	if n := bytes.LastIndexByte(block[:i-1], '\n') + 1; n > 0 || i < sampled {
		return block[:n]
	}
	return block[:i]
}

// judge tells the charset of a block from what its bytes become. UTF-16 before
// it is believed as long as it makes some sense; so is UTF-8 that is declared.
func judge(block []byte, before charset, declared bool) charset {
	sample := block[:min(len(block), sampled)]
	nul, control := countControls(sample)
	valid := nul == 0 && validUTF8(completeUTF8(block))
	if c := judgeUTF32(sample, nul, before); c != notText {
		return c
	}
	if before == utf16le || before == utf16be {
		if score := scoreWide(sample, before); score >= 80 || score >= 40 && !valid {
			return before
		}
	}
	if valid && (declared || !isShortGB(block)) {
		return unicode8
	}
	if !valid {
		if c := judgeWide(sample, nul); c != notText {
			return c
		}
	}
	if nul > 0 || control*20 > len(sample) {
		return notText
	}
	return judgeNarrow(block)
}

// judgeNarrow tells eight-bit charsets apart, looking only at the lines that
// are not UTF-8: logs and exports mix charsets.
func judgeNarrow(block []byte) charset {
	var foreign []byte
	lines := 0
	for rest := block; len(rest) > 0 && len(foreign) < sampled; lines++ {
		line := cutLine(rest)
		rest = rest[len(line):]
		if !mostlyUTF8(line) || isShortGB(line) {
			foreign = append(foreign, line...)
		}
	}
	gb := scoreNarrow(foreign, simplifiedchinese.GB18030)
	big := scoreNarrow(foreign, traditionalchinese.Big5)
	switch {
	case gb >= 50 && gb+5 >= big:
		return gb18030
	case big >= 50:
		return big5
	default:
		return western
	}
}

func countControls(p []byte) (nul, control int) {
	for _, c := range p {
		if c == 0 {
			nul++
		}
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
			control++
		}
	}
	return nul, control
}

func isASCII(p []byte) bool {
	for _, c := range p {
		if c >= utf8.RuneSelf || c == 0 {
			return false
		}
	}
	return true
}

// isShortGB tells whether text that could be UTF-8 in letters of two bytes
// (Greek, Cyrillic, …) is in whole made of the usual characters of GB 2312: a
// few Chinese characters in GB 18030 are often valid UTF-8 by chance.
func isShortGB(p []byte) bool {
	pairs := 0
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c < utf8.RuneSelf:
		case c >= 0xB0 && c <= 0xD7 && i+1 < len(p) && p[i+1] >= 0xA1 && p[i+1] != 0xFF:
			pairs++
			i++
		default:
			return false
		}
	}
	return pairs > 0 && pairs <= 64
}

// declaresUTF8 tells whether a page or a file of XML that begins so says that it
// is in UTF-8.
func declaresUTF8(head []byte) bool {
	head = bytes.ToLower(head[:min(len(head), 1024)])
	if bytes.HasPrefix(head, []byte("<?xml")) {
		declaration, _, _ := bytes.Cut(head, []byte("?>"))
		return bytes.Contains(declaration, []byte(`"utf-8"`)) || bytes.Contains(declaration, []byte("'utf-8'"))
	}
	meta := bytes.Index(head, []byte("<meta"))
	return meta >= 0 && (bytes.Contains(head[meta:], []byte("charset=utf-8")) || bytes.Contains(head[meta:], []byte(`charset="utf-8"`)))
}

// mostlyUTF8 tells whether p is UTF-8 but for a few damaged characters.
func mostlyUTF8(p []byte) bool {
	if utf8.Valid(p) {
		return true
	}
	whole, damaged := 0, 0
	for i := 0; i < len(p); {
		if p[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 {
			if damaged++; damaged > 8+whole {
				return false
			}
		} else if n > 2 {
			whole += 2
		} else {
			whole++
		}
		i += n
	}
	return damaged == 0 || whole >= 8*damaged
}

// completeUTF8 leaves out a character that is cut off at the end.
func completeUTF8(p []byte) []byte {
	for i := 1; i <= min(utf8.UTFMax-1, len(p)); i++ {
		c := p[len(p)-i]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-i:]) {
				return p[:len(p)-i]
			}
			return p
		}
	}
	return p
}

// cutLine answers the first line of p with its end.
func cutLine(p []byte) []byte {
	for i, c := range p {
		if c == '\n' || c == '\r' {
			return p[:i+1]
		}
	}
	return p
}

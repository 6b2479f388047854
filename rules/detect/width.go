package detect

import (
	"bytes"
	"unicode/utf8"
)

// narrow rewrites text so that the rest of the package need not know other
// ways to write the same: full-width letters, digits and punctuation become
// ASCII, dashes and spaces of all kinds become '-' and ' ', characters without
// width go. It answers text itself and nil where there is nothing to rewrite,
// and otherwise for each byte of the result where it came from.
func narrow(text, into []byte, at []int32) ([]byte, []int32) {
	if bytes.IndexByte(text, 0xEF) < 0 && bytes.IndexByte(text, 0xE2) < 0 && bytes.IndexByte(text, 0xC2) < 0 &&
		!bytes.Contains(text, []byte("　")) {
		return text, nil
	}
	into, at = into[:0], at[:0]
	for i := 0; i < len(text); {
		c := text[i]
		if c != 0xEF && c != 0xE2 && c != 0xE3 && c != 0xC2 {
			into = append(into, c)
			at = append(at, int32(i))
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			into, at = append(into, byte(r-0xFEE0)), append(at, int32(i))
		case r == 0x3000 || r == 0xA0 || r >= 0x2000 && r <= 0x200A || r == 0x202F:
			into, at = append(into, ' '), append(at, int32(i))
		case r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xFE63:
			into, at = append(into, '-'), append(at, int32(i))
		case r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF || r == 0xAD:
		case r == 0x201C || r == 0x201D:
			into, at = append(into, '"'), append(at, int32(i))
		default:
			for j := range n {
				into, at = append(into, text[i+j]), append(at, int32(i+j))
			}
		}
		i += n
	}
	return into, append(at, int32(len(text)))
}

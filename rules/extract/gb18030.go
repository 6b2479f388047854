package extract

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// gbPairs is what every pair of bytes stands for in GB 18030, by lead byte from
// 0x81 and trail byte from 0x40; utf8.RuneError where it stands for nothing.
var gbPairs = sync.OnceValue(func() *[126][192]rune {
	var pairs [126][192]rune
	d := simplifiedchinese.GB18030.NewDecoder()
	for lead := range pairs {
		for trail := range pairs[lead] {
			pairs[lead][trail] = utf8.RuneError
			text, err := d.Bytes([]byte{byte(lead + 0x81), byte(trail + 0x40)})
			if r, n := utf8.DecodeRune(text); err == nil && n == len(text) {
				pairs[lead][trail] = r
			}
		}
	}
	return &pairs
})

// appendGB18030 decodes p, several times as fast as the general decoder, which
// it asks for the rare characters of four bytes.
func appendGB18030(dst, p []byte) []byte {
	pairs := gbPairs()
	for i := 0; i < len(p); {
		c := p[i]
		switch {
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		case c == 0x80: // as Windows has it
			dst = append(dst, "€"...)
			i++
		case c == 0xFF || i+1 == len(p):
			dst = append(dst, replacement...)
			i++
		case p[i+1] >= 0x40:
			if r := pairs[c-0x81][p[i+1]-0x40]; r != utf8.RuneError {
				dst = utf8.AppendRune(dst, r)
				i += 2
				continue
			}
			dst = append(dst, replacement...)
			i++
		case i+3 < len(p) && p[i+1] >= '0' && p[i+1] <= '9' && p[i+2] >= 0x81 && p[i+2] != 0xFF && p[i+3] >= '0' && p[i+3] <= '9':
			text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(p[i : i+4])
			if err != nil {
				text = replacement
			}
			dst = append(dst, text...)
			i += 4
		default:
			dst = append(dst, replacement...)
			i++
		}
	}
	return dst
}

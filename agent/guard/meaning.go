package guard

import (
	"strings"
	"unicode"
)

// meaning answers what a name means to FAT and exFAT: the same for names that
// are the same to every one of them. What only some take for the same is told
// apart; that it is one file is seen once it is open.
func meaning(name string) string {
	return strings.Map(func(r rune) rune {
		if u := unicode.ToUpper(r); folded(r) && unicode.ToLower(u) == r {
			return u
		}
		return r
	}, name)
}

// folded tells whether letters are of an alphabet whose capitals no file system
// sees in another way: Latin, Greek, Cyrillic, and Latin in full width.
func folded(r rune) bool {
	return r < 0x180 || r >= 0x3ac && r < 0x3cf || r >= 0x430 && r < 0x460 || r >= 0xff41 && r < 0xff5b
}

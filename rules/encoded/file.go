package encoded

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
)

// leastLine is how long the lines of a file at least are, if it has several.
const leastLine = 40

// magics are how the formats begin that have to be taken apart to be read:
// archives and documents. Pictures, fonts and keys, which pages and programs
// are full of, begin otherwise.
var magics = []string{
	"PK\x03\x04", "PK\x05\x06", "\xD0\xCF\x11\xE0\xA1\xB1", "%PDF-", "{\\rtf1",
	"\x1F\x8B\x08", "BZh91AY", "\xFD7zXZ\x00", "7z\xBC\xAF\x27\x1C", "Rar!\x1A\x07", "\x28\xB5\x2F\xFD", "SQLite format 3\x00",
}

// beginning is how a file begins once it is encoded.
type beginning struct {
	encoding string
	table    *[256]byte // what its characters stand for
	values   []byte     // of its characters, which nothing but the magic tells
}

var beginnings = func() (all []beginning) {
	for _, magic := range magics {
		for encoding, text := range map[string]string{
			Base64: base64.RawStdEncoding.EncodeToString([]byte(magic))[:len(magic)*8/6],
			Base32: base32.StdEncoding.EncodeToString([]byte(magic))[:len(magic)*8/5],
			Hex:    hex.EncodeToString([]byte(magic)),
		} {
			all = append(all, beginning{encoding, values[encoding], valuesOf(encoding, []byte(text))})
		}
	}
	return all
}()

// valuesOf answers what the characters of an alphabet stand for.
func valuesOf(encoding string, text []byte) []byte {
	all := make([]byte, len(text))
	for i, c := range text {
		all[i] = values[encoding][c]
	}
	return all
}

// fileIn answers how the file is encoded that a run is, and which of its first
// characters is the first of it, as recognise does for text; "" for none.
func fileIn(head []byte) (encoding string, from int) {
	for from := range head {
		if from == 0 || partsWords(head[from-1]) {
			for i := range beginnings {
				if beginnings[i].begins(head[from:]) {
					return beginnings[i].encoding, from
				}
			}
		}
	}
	return "", 0
}

func (b *beginning) begins(head []byte) bool {
	if len(head) < len(b.values) {
		return false
	}
	for i, v := range b.values {
		if b.table[head[i]] != v {
			return false
		}
	}
	return b.encoding != Base32 || allBase32(head)
}

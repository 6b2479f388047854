package extract

import (
	"encoding/binary"
	"iter"
)

// mostPages bounds how many pictures of one TIFF file are looked at.
const mostPages = 10_000

// pagesOf gives the pictures of a file one after the other, each as a file of
// its own: TIFF, as scanners and faxes write it, has a page in each directory
// (TIFF 6.0, section 2), and readers of pictures look at the first. Its last
// is an error where there are more than it gives.
func pagesOf(content []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if !yield(content, nil) || len(content) < 8 {
			return
		}
		var order binary.ByteOrder = le
		switch string(content[:4]) {
		case "II*\x00":
		case "MM\x00*":
			order = binary.BigEndian
		default:
			return
		}
		at := int64(order.Uint32(content[4:]))
		for seen := map[int64]bool{}; ; {
			seen[at] = true
			var ok bool
			switch at, ok = nextPage(content, order, at); {
			case !ok:
				yield(nil, problem{Corrupt})
				return
			case at == 0 || seen[at]:
				return
			case len(seen) == mostPages:
				yield(nil, problem{TooLarge})
				return
			}
			order.PutUint32(content[4:], uint32(at))
			if !yield(content, nil) {
				return
			}
		}
	}
}

// nextPage answers where the directory after the one at an offset is, 0 for
// nowhere; false where this one does not end within the file. Some writers
// leave out the last four bytes, which say that there is none.
func nextPage(content []byte, order binary.ByteOrder, at int64) (int64, bool) {
	if at+2 > int64(len(content)) {
		return 0, false
	}
	next := at + 2 + 12*int64(order.Uint16(content[at:]))
	if next == int64(len(content)) {
		return 0, true
	}
	if next+4 > int64(len(content)) {
		return 0, false
	}
	return int64(order.Uint32(content[next:])), true
}

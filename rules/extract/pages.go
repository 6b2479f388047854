package extract

import (
	"encoding/binary"
	"iter"
)

// mostPages bounds how many pictures one TIFF file may have.
const mostPages = 10_000

// pagesOf gives the pictures of a file one after the other, each as a file of
// its own: TIFF, as scanners and faxes write it, has a page in each directory
// (TIFF 6.0, section 2), and readers of pictures look at the first.
func pagesOf(content []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if !yield(content) || len(content) < 8 {
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
		seen := map[int64]bool{}
		for len(seen) < mostPages {
			seen[at] = true
			if at+2 > int64(len(content)) {
				return
			}
			next := at + 2 + 12*int64(order.Uint16(content[at:]))
			if next+4 > int64(len(content)) {
				return
			}
			at = int64(order.Uint32(content[next:]))
			if at == 0 || seen[at] {
				return
			}
			order.PutUint32(content[4:], uint32(at))
			if !yield(content) {
				return
			}
		}
	}
}

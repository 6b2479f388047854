package extract

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// Pieces of an old document may all be the same place: when time is up, no more
// of them is read.
func TestPiecesOfOldDocumentsEndInTime(t *testing.T) {
	const pieces, place = 1000, fib6Clx - 1
	main := make([]byte, fib6Size)
	le.PutUint16(main[fibFlags:], fib6Pieces)
	clx := append([]byte{2}, le.AppendUint32(nil, 4*(pieces+1)+pieceSize*pieces)...)
	for i := range pieces + 1 {
		clx = le.AppendUint32(clx, uint32(i))
	}
	for range pieces {
		clx = append(le.AppendUint32(append(clx, 0, 0), place), 0, 0)
	}
	le.PutUint32(main[fib6Clx:], fib6Size)
	le.PutUint32(main[fib6Clx+4:], uint32(len(clx)))
	main[place] = 'x'
	main = append(main, clx...)
	for want, left := range map[int]time.Duration{pieces: time.Minute, 0: -time.Minute} {
		var out transcript
		c := &compound{w: &walker{sink: &out, expanded: 1, deadline: time.Now().Add(left)}}
		c.oldWordDocument(main)
		if got := strings.Count(out.text.String(), "x"); got != want {
			t.Errorf("%d pieces are read, want %d", got, want)
		}
	}
}

// A list of pages may name one a million times.
func TestPagesAreReadOnce(t *testing.T) {
	list := make([]byte, 4*4) // the places
	for _, number := range []uint32{7, 3, 7} {
		list = le.AppendUint32(list, number)
	}
	if got := pagesIn(list); !slices.Equal(got, []uint32{3, 7}) {
		t.Errorf("pages %d", got)
	}
}

// However many notes a workbook has, all are read.
func TestNotesOfLargeWorkbooks(t *testing.T) {
	var out transcript
	x := &xls{table: table{w: &walker{sink: &out}}}
	note := bytes.Repeat([]byte("a "), widest/8)
	for range 5 {
		x.keep(note)
	}
	x.keep([]byte("13987654321"))
	x.leftover()
	if !strings.HasSuffix(out.text.String(), "\n13987654321\n") {
		t.Error("the last note is missing")
	}
}

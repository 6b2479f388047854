package extract

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// TestPagedReadsTheSame reads anywhere, over the end as well, through pages and
// at once.
func TestPagedReadsTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{0, 1, pageSize - 1, pageSize, 3*pageSize + 17, 40 * pageSize} {
		content := noise(size)
		direct := bytes.NewReader(content)
		through := &paged{r: direct}
		for range 2000 {
			length := 1 + rng.IntN(2*pageSize)
			if rng.IntN(2) == 0 {
				length = 1 + rng.IntN(64)
			}
			offset := int64(rng.IntN(size + pageSize))
			want, got := make([]byte, length), make([]byte, length)
			n, err := direct.ReadAt(want, offset)
			m, failed := through.ReadAt(got, offset)
			if n != m || !errors.Is(failed, err) || !bytes.Equal(want, got) {
				t.Fatalf("%d of %d bytes at %d of %d: %v, want %d, %v", m, length, offset, size, failed, n, err)
			}
		}
	}
}

// asked counts how often it is read.
type asked struct {
	io.ReaderAt
	times int
}

func (a *asked) ReadAt(p []byte, offset int64) (int, error) {
	a.times++
	return a.ReaderAt.ReadAt(p, offset)
}

// A file is not asked for each sector of a compound file or page of a database.
func TestFilesAreReadInPages(t *testing.T) {
	for _, name := range []string{"impress.ppt", "sqlite.db", "zip.zip", "writer.doc"} {
		content := real(t, name)
		a := &asked{ReaderAt: bytes.NewReader(content)}
		if _, err := Extract(context.Background(), a, int64(len(content)), Limits{}, &silent{}); err != nil {
			t.Fatal(err)
		}
		if most := 8 + 3*len(content)/pageSize; a.times > most {
			t.Errorf("%s: asked %d times, at most %d should do", name, a.times, most)
		}
	}
}

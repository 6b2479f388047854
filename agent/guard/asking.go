package guard

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trustline/trustline/rules/activity"
)

const (
	// hidden is how names of the guard's own files on a medium begin.
	hidden = ".trustline-"
	// maxFileSize bounds offsets, which would otherwise overflow.
	maxFileSize = 1 << 46
	// roomStep is how often the medium is asked for the room it has left.
	roomStep = 1 << 20
	// patience bounds how long a judge may take.
	patience = 3 * time.Minute
	// grace is what a judge gets to notice that its time is over.
	grace = 5 * time.Second
	// lost says that content did not come in order.
	lost = -1
)

// occasion is why content is to be judged.
type occasion uint8

const (
	forNow  occasion = iota // somebody closed the file; others may still write
	forSync                 // it is to be on the medium when this is answered
	forGood                 // nobody can write any more, or it gets another name
)

// reserved tells whether a name is one of the guard's own.
func reserved(name string) bool { return strings.HasPrefix(name, hidden) }

const temporaryBytes = 9

func temporaryName() string {
	var b [temporaryBytes]byte
	rand.Read(b[:])
	return hidden + hex.EncodeToString(b[:])
}

// temporary tells whether a name is one that temporaryName makes. Others with the
// same beginning are people's own.
func temporary(name string) bool {
	digits, found := strings.CutPrefix(name, hidden)
	b, err := hex.DecodeString(digits)
	return found && err == nil && len(b) == temporaryBytes
}

// nameAllowed asks whether a text may stand on the medium outside of content.
func nameAllowed(ctx context.Context, j Judge, a activity.Activity, text string) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return j.Name(ctx, a, text) == Allow
}

// finish asks for the verdict on whole content. A judge that does not answer in
// time has denied: it sees no more of the content, and must not be asked again.
func finish(ctx context.Context, asked *sync.WaitGroup, j Judgement, content io.ReaderAt, size int64, final bool) (v Verdict, answered bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	shown := &view{content: content}
	answer := make(chan Verdict, 1)
	asked.Go(func() { answer <- j.Finish(ctx, shown, size, final) })
	select {
	case v := <-answer:
		return v, true
	case <-ctx.Done():
	}
	select {
	case v := <-answer:
		return v, true
	case <-time.After(grace):
		shown.closed.Store(true)
		return Deny, false
	}
}

// view is content as a judge sees it, until it is taken away.
type view struct {
	content io.ReaderAt
	closed  atomic.Bool
}

func (v *view) ReadAt(b []byte, off int64) (int, error) {
	if v.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	return v.content.ReadAt(b, off)
}

type readerAt func(b []byte, off int64) (int, error)

func (r readerAt) ReadAt(b []byte, off int64) (int, error) { return r(b, off) }

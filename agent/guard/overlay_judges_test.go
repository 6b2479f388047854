//go:build linux || windows

package guard

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/activity"
)

// slow is a judge that takes its time.
type slow struct {
	markerJudge
	asked, proceed chan struct{}
}

func (s slow) Open(activity.Activity) Judgement { return &slowJudgement{markerJudgement{}, s} }

type slowJudgement struct {
	markerJudgement
	slow slow
}

func (s *slowJudgement) Finish(ctx context.Context, r io.ReaderAt, size int64, final bool) Verdict {
	s.slow.asked <- struct{}{}
	<-s.slow.proceed
	return s.markerJudgement.Finish(ctx, r, size, final)
}

// While a judge is at work on a file, whoever looks at it or at its folder does not wait.
func TestOverlayDoesNotMakeOthersWait(t *testing.T) {
	judge := slow{asked: make(chan struct{}), proceed: make(chan struct{})}
	o := overlayAt(t, folder(t), judge)
	fh := o.create("f")
	must(t, o.Write(fh, []byte("harmless"), 0))
	released := make(chan struct{})
	go func() { defer close(released); o.Release(fh) }()
	<-judge.asked
	if e, err := o.Stat("/f"); err != nil || e.Size != 8 || !o.Waits() {
		t.Errorf("being judged: %+v, %v", e, err)
	}
	if seen, err := o.List("/"); err != nil || len(seen) != 1 {
		t.Errorf("the folder: %+v, %v", seen, err)
	}
	close(judge.proceed)
	<-released
	o.has(map[string]string{"f": "harmless"})
}

// undecided waits for more as long as there may be more.
type undecided struct{ whole }

func (undecided) Open(activity.Activity) Judgement {
	return &waiting{wholeJudgement{markerJudgement{lost: true}}}
}

type waiting struct{ wholeJudgement }

func (w *waiting) Finish(ctx context.Context, r io.ReaderAt, size int64, final bool) Verdict {
	if !final {
		return Wait
	}
	if v := w.wholeJudgement.Finish(ctx, r, size, final); v != Allow || size < 4 {
		return Wait
	}
	return Allow
}

// What a judge wants to see the end of is not on the medium before that; an end
// that it does not know either is no permission.
func TestOverlayWaits(t *testing.T) {
	o := overlayAt(t, folder(t), undecided{})
	fh := o.create("f")
	must(t, o.Write(fh, []byte("document"), 0))
	must(t, o.Sync(fh))
	must(t, o.SetTimes("/f", [2]time.Time{time.Now(), time.Now()}))
	o.has(nil)
	o.Release(fh)
	o.has(map[string]string{"f": "document"})
	fh = o.create("g")
	must(t, o.Write(fh, []byte("x"), 0))
	o.Release(fh)
	o.has(map[string]string{"f": "document"}, "g")
}

// Nobody makes or opens what is about to get a name, nor anything below it.
func TestOverlayReservesNames(t *testing.T) {
	judge := slow{asked: make(chan struct{}), proceed: make(chan struct{})}
	o := overlayAt(t, folder(t), judge)
	must(t, os.WriteFile(filepath.Join(o.dir, "target"), []byte("as it was"), 0o600))
	fh := o.create("f")
	must(t, o.Write(fh, []byte("harmless"), 0))
	renamed := make(chan error)
	go func() { renamed <- o.Rename(somebody, "/f", "/target") }()
	<-judge.asked
	must(t, os.Remove(filepath.Join(o.dir, "target"))) // past the guard
	if _, err := o.Create(somebody, "/Target"); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("made: %v", err)
	}
	if _, err := o.Open(somebody, "/target", false); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("opened: %v", err)
	}
	close(judge.proceed)
	must(t, <-renamed)
	o.Release(fh)
	o.has(map[string]string{"target": "harmless"}, "f")
}

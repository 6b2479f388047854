//go:build linux || windows

package guard

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

// recording is a judge that remembers for whom it was asked.
type recording struct {
	mu   sync.Mutex
	seen []activity.Activity
}

func (r *recording) Open(a activity.Activity) Judgement {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, a)
	return &markerJudgement{}
}

func (*recording) Name(context.Context, activity.Activity, string) Verdict { return Allow }

// last answers who answered in the end, and forgets the rest.
func (r *recording) last() (users []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seen) > 0 {
		a := r.seen[len(r.seen)-1]
		for _, who := range append([]activity.Actor{a.Actor}, a.Others...) {
			users = append(users, who.User)
		}
	}
	r.seen = nil
	return users
}

// Who writes answers for it, whoever made the file or has it open; all who write
// one content answer for it together.
func TestOverlayJudgesForThoseWhoWrite(t *testing.T) {
	judge := &recording{}
	o := overlayAt(t, folder(t), judge)
	open := func(user string, writes bool) uint64 {
		t.Helper()
		fh, err := o.Open(activity.Actor{UID: -1, User: user}, "/f", writes)
		must(t, err)
		return fh
	}
	answered := func(what string, want ...string) {
		t.Helper()
		if got := judge.last(); !slices.Equal(got, want) {
			t.Errorf("%s: %q answer, want %q", what, got, want)
		}
	}
	boss, err := o.Create(activity.Actor{UID: -1, User: "boss"}, "/f")
	must(t, err)
	clerk := open("clerk", true)
	must(t, o.Write(clerk, []byte("by the clerk"), 0))
	must(t, o.Sync(clerk))
	answered("made by one, written by another", "clerk")
	must(t, o.Truncate(boss, 3))
	must(t, o.Sync(boss))
	answered("cut", "boss")
	must(t, o.Write(boss, []byte("by both"), 0))
	must(t, o.Write(clerk, []byte("By"), 0))
	must(t, o.Sync(boss))
	answered("written by both", "boss", "clerk")
	later := open("later", true)
	must(t, o.Write(clerk, []byte("more"), 7))
	for _, fh := range []uint64{boss, clerk, later} {
		o.Release(fh)
	}
	answered("opened by another after that", "clerk")
}

// Pages that somebody has mapped may come by the handle of one who only reads,
// even once the writer has closed the file. They are judged as what else is written.
func TestOverlayJudgesMappedPages(t *testing.T) {
	judge := &recording{}
	o := overlayAt(t, folder(t), judge)
	o.put("f", "harmless")
	judge.last()
	reader, err := o.Open(activity.Actor{UID: -1, User: "reader"}, "/f", false)
	must(t, err)
	writer, err := o.Open(activity.Actor{UID: -1, User: "writer"}, "/f", true)
	must(t, err)
	o.Release(writer)
	must(t, o.Write(reader, []byte("Harmless"), 0))
	must(t, o.Write(reader, []byte("h"), 0))
	o.Release(reader)
	if users := judge.last(); !slices.Equal(users, []string{"writer"}) {
		t.Errorf("%q answer", users)
	}
	o.has(map[string]string{"f": "harmless"})

	o.judge = markerJudge{}
	reader = o.open("f", false)
	o.Release(o.open("f", true))
	o.scattered(reader, list)
	o.Release(reader)
	o.has(map[string]string{"f": "harmless"})
}

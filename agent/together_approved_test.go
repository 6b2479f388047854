package agent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/agent/grants"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// They write files together.
const (
	anna = somebody + 1
	bert = somebody + 2
)

// permit lets somebody take any content of so many people to S1 once.
func (o *workplace) permit(uid, people int, sha256 string) grant.Grant {
	o.t.Helper()
	now := time.Now().UTC()
	g := grant.Grant{
		ID: uuid.Must(uuid.NewV7()).String(), Incident: uuid.Must(uuid.NewV7()).String(), Machine: o.agent.machine.ID, UID: uid, User: "x",
		Channel: string(activity.RemovableMedia), Destination: "S1", SHA256: sha256, Classes: []string{grant.AnyClass}, MaxPeople: people, MaxUses: 1,
		NotBefore: now.Add(time.Minute), Expires: now.Add(time.Hour), Purpose: "audit", Approvers: []string{"chen"},
	}
	if err := o.agent.grants.Permit(g); err != nil {
		o.t.Fatal(err)
	}
	return g
}

// left answers how often a grant may still be used.
func (o *workplace) left(g grant.Grant) int { return leftIn(o.agent.grants, g) }

func leftIn(b *grants.Book, g grant.Grant) int {
	for _, s := range b.Of(g.UID, g.Incident) {
		if s.ID == g.ID {
			return s.Left
		}
	}
	return -1
}

// allowed answers how many records say that something went out.
func (o *workplace) allowed() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, i := range o.records {
		if i.Kind == incident.Activity && i.Decision.Reason == string(reasonGrant) {
			n++
		}
	}
	return n
}

// open begins a file of several people.
func (o *workplace) open(uids ...int) guard.Judgement {
	var actors []activity.Actor
	for _, uid := range uids {
		actors = append(actors, activity.Actor{UID: uid, PID: 1, Program: "/usr/bin/cp"})
	}
	j := o.agent.judge.Open(activity.Activity{
		Channel: activity.RemovableMedia, Operation: activity.Write, Actor: actors[0], Others: actors[1:],
		Subject:     activity.Subject{Name: "customers.csv", Source: o.source},
		Destination: activity.Destination{Path: "/media/stick", Device: activity.Device{Serial: "S1"}},
	})
	o.t.Cleanup(j.Close)
	return j
}

func (o *workplace) content() []byte {
	o.t.Helper()
	content, err := os.ReadFile(o.source)
	if err != nil {
		o.t.Fatal(err)
	}
	return content
}

// counting counts what is read.
type counting struct {
	io.ReaderAt
	read atomic.Int64
}

func (c *counting) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, off)
	c.read.Add(int64(n))
	return n, err
}

// However many have written a file, and however often it is looked at, it is
// read once for telling it apart.
func TestAFileOfSeveralIsHashedOnce(t *testing.T) {
	o := newWorkplace(t, "")
	content := o.content()
	sum, err := sha256Of(t.Context(), bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var alone [2]int64
	for _, uids := range [][]int{{somebody}, {somebody, anna}, {somebody, anna, bert}} {
		for _, uid := range uids {
			o.permit(uid, 60, sum)
		}
		j := o.open(uids...)
		j.Write(t.Context(), content)
		for n := range 2 { // the second time, what is used is held against it
			r := &counting{ReaderAt: bytes.NewReader(content)}
			if v := j.Finish(t.Context(), r, int64(len(content)), true); v != guard.Allow {
				t.Fatalf("%v: %v", uids, v)
			}
			switch {
			case len(uids) == 1:
				alone[n] = r.read.Load()
			case r.read.Load() != alone[n]:
				t.Errorf("%d people: %d bytes read the %d. time, by one %d", len(uids), r.read.Load(), n+1, alone[n])
			}
		}
	}
	if alone[0] < int64(len(content)) {
		t.Errorf("%d bytes read of %d: nothing was tested", alone[0], len(content))
	}
}

// Of two files that the same people write at once, one goes out.
func TestTwoFilesOfTheSamePeopleAtOnce(t *testing.T) {
	o := newWorkplace(t, "")
	content := o.content()
	for range 25 {
		first, second := o.permit(anna, 60, ""), o.permit(bert, 60, "")
		before := o.allowed()
		var went atomic.Int32
		var all sync.WaitGroup
		for _, uids := range [][]int{{anna, bert}, {bert, anna}, {anna, bert}, {bert, anna}} {
			j := o.open(uids...)
			all.Go(func() {
				if j.Write(t.Context(), content) == guard.Allow && j.Finish(t.Context(), bytes.NewReader(content), int64(len(content)), true) == guard.Allow {
					went.Add(1)
				}
			})
		}
		all.Wait()
		if went.Load() != 1 || o.allowed() != before+2 || o.left(first) != 0 || o.left(second) != 0 {
			t.Fatalf("%d went out, %d recorded, may be used %d and %d times", went.Load(), o.allowed()-before, o.left(first), o.left(second))
		}
	}
}

// bertsLimit stops anna early and bert late, in a list of 3000.
func bertsLimit(t *testing.T) *workplace {
	o := newWorkplace(t, "")
	name := o.agent.judge.userName(bert)
	o = newWorkplace(t, `version: "1"
rules:
  - {id: many, title: {en: x, zh: x}, when: {people: 20}, unless: {person: "`+name+`"}, action: block}
  - {id: most, title: {en: x, zh: x}, when: {people: 2900}, action: block}
`)
	o.write(3000)
	return o
}

// What is stopped in the end has used nobody's approval by its first part, and
// no record says that a part went out.
func TestNoApprovalIsTriedOnTheFirstPartOfAFile(t *testing.T) {
	for name, try := range map[string]struct {
		uids   []int
		people int // that the approval is for
	}{
		"another is stopped later":     {[]int{anna, bert}, 5000},
		"another is stopped, first":    {[]int{bert, anna}, 5000},
		"it covers the first part":     {[]int{anna}, 2500},
		"it covers no more than a bit": {[]int{anna, bert}, 2500},
	} {
		t.Run(name, func(t *testing.T) {
			o := bertsLimit(t)
			j := o.open(try.uids...)
			g := o.permit(anna, try.people, "") // nobody had one when the file was begun
			content, v := o.content(), guard.Allow
			for n := 0; n < len(content) && v == guard.Allow; n += 4096 {
				v = j.Write(t.Context(), content[n:min(n+4096, len(content))])
			}
			if v == guard.Allow {
				v = j.Finish(t.Context(), bytes.NewReader(content), int64(len(content)), true)
			}
			if v != guard.Deny || o.left(g) != 1 || o.allowed() != 0 {
				t.Errorf("verdict %v, the approval may be used %d times, %d records say that it went out", v, o.left(g), o.allowed())
			}
			if i := o.of(anna)[anna]; i.Decision.Action != "block" || i.Decision.Outcome != incident.Prevented {
				t.Errorf("recorded: %+v", i.Decision)
			}
		})
	}
}

// Who has no approval is stopped at once, and nobody's approval is held against
// what is not all there.
func TestWhoHasNoApprovalIsStoppedEarly(t *testing.T) {
	o := bertsLimit(t)
	o.permit(bert, 10, "00") // would not cover it
	j := o.open(bert, anna)
	content, at := o.content(), 0
	for ; at < len(content); at += len(content) / 4 {
		if j.Write(t.Context(), content[at:min(at+len(content)/4, len(content))]) == guard.Deny {
			break
		}
	}
	if at > len(content)/2 {
		t.Errorf("stopped after %d of %d bytes", at, len(content))
	}
	if d := o.of(anna)[anna].Decision; d.Rule != "many" || d.GrantFailed != "" {
		t.Errorf("recorded: %+v", d)
	}
	o.open(bert, anna).Write(t.Context(), content) // both are stopped by now
	for uid, failed := range map[int]string{anna: "", bert: "others-wrote"} {
		if d := o.of(uid)[uid].Decision; d.Action != "block" || d.GrantFailed != failed {
			t.Errorf("recorded for %d: %+v", uid, d)
		}
	}
}

// What cannot be recorded for each of those who wrote it goes out for none, and
// neither a record nor anybody's page says that it did.
func TestNothingGoesOutThatIsNotRecordedForEach(t *testing.T) {
	for _, uids := range [][]int{{anna, bert}, {bert, anna}} {
		o := newWorkplace(t, "")
		keep, full := o.agent.judge.Record, errors.New("no room")
		o.agent.judge.Record = func(ctx context.Context, all ...incident.Incident) error {
			for _, i := range all {
				if i.Person.UID == bert && i.Decision.Grant != "" {
					return full
				}
			}
			return keep(ctx, all...)
		}
		first, second := o.permit(anna, 60, ""), o.permit(bert, 60, "")
		if v := o.writes("S1", uids...); v != guard.Deny || o.allowed() != 0 {
			t.Errorf("%v write: %v, %d records say that it went out", uids, v, o.allowed())
		}
		if n := len(o.recorded(codeGrantUsed)); n != 0 {
			t.Errorf("%d records say that an approval was used", n)
		}
		for _, g := range []grant.Grant{first, second} {
			if i := o.of(g.UID)[g.UID]; o.left(g) != 1 || i.Decision.Action != "block" || i.Decision.Outcome != incident.Prevented || i.Decision.GrantFailed != "not-counted" {
				t.Errorf("may be used %d times, recorded for %d: %+v", o.left(g), g.UID, i.Decision)
			}
		}
		o.agent.judge.Record = keep
		if v := o.writes("S1", uids...); v != guard.Allow || o.allowed() != 2 || o.left(first)+o.left(second) != 0 {
			t.Errorf("%v write again: %v, %d records", uids, v, o.allowed())
		}
		if v := o.writes("S1", uids...); v != guard.Deny || o.allowed() != 2 {
			t.Errorf("%v write once more: %v, %d records", uids, v, o.allowed())
		}
	}
}

// A service that is killed before it has let a file through has counted all
// approvals for it or none; once it says so in a record, all.
func TestKilledBetweenCountingAndLettingThrough(t *testing.T) {
	o := newWorkplace(t, "")
	first, second := o.permit(anna, 60, ""), o.permit(bert, 60, "")
	book := filepath.Join(o.agent.config.State, "grants.json")
	looked := 0
	found := func(want int, when string) {
		looked++
		raw, err := os.ReadFile(book)
		again := filepath.Join(t.TempDir(), "grants.json")
		if err = errors.Join(err, os.WriteFile(again, raw, 0o600)); err != nil {
			t.Error(err)
			return
		}
		b, err := grants.Open(again, o.agent.machine.ID, func() [][]byte { return nil }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Error(err)
			return
		}
		if leftIn(b, first) != want || leftIn(b, second) != want {
			t.Errorf("killed %s: they may be used %d and %d times, want %d", when, leftIn(b, first), leftIn(b, second), want)
		}
	}
	keep := o.agent.judge.Record
	o.agent.judge.Record = func(ctx context.Context, all ...incident.Incident) error {
		if all[0].Kind == incident.Activity {
			found(0, "before it is recorded")
		}
		return keep(ctx, all...)
	}
	content := o.content()
	j := o.open(anna, bert)
	if v := j.Write(t.Context(), content); v != guard.Allow {
		t.Fatal(v)
	}
	found(1, "while it is written")
	if v := j.Finish(t.Context(), bytes.NewReader(content), int64(len(content)), true); v != guard.Allow {
		t.Fatal(v)
	}
	found(0, "before it is on the medium")
	o.restart()
	if looked != 3 || o.left(first)+o.left(second) != 0 || o.writes("S1", anna, bert) != guard.Deny {
		t.Errorf("looked %d times, may be used %d and %d times after that", looked, o.left(first), o.left(second))
	}
}

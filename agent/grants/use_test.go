package grants

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/signed"
)

// people are two who write a file together.
var people = []int{1000, 1001}

// bySeveral is a use by each of some people.
func bySeveral(uids ...int) (uses []grant.Use) {
	for _, uid := range uids {
		u := wanted()
		u.UID = uid
		uses = append(uses, u)
	}
	return uses
}

// grants gives each of the people approvals of so many uses.
func (d *desk) grants(uses int) (all []grant.Grant) {
	d.t.Helper()
	var signed []signed.Envelope
	for _, uid := range people {
		g, e := d.grant(func(g *grant.Grant) {
			g.UID, g.MaxUses, g.Incident = uid, uses, "0190aaaa-bbbb-7ccc-8ddd-00000000000"+string('0'+rune(uid-1000))
		})
		all, signed = append(all, g), append(signed, e)
	}
	d.update(signed...)
	return all
}

// left answers how often each grant may still be used.
func (d *desk) left(all []grant.Grant) (left []int) {
	for _, g := range all {
		for _, s := range d.Of(g.UID, g.Incident) {
			if s.ID == g.ID {
				left = append(left, s.Left)
			}
		}
	}
	return left
}

func (d *desk) expectLeft(all []grant.Grant, want int, why string) {
	d.t.Helper()
	for n, left := range d.left(all) {
		if left != want {
			d.t.Errorf("%s: the approval of %d may be used %d times, want %d", why, all[n].UID, left, want)
		}
	}
}

func TestApprovalsOfSeveralAreUsedAllOrNone(t *testing.T) {
	d := newDesk(t)
	all := d.grants(1)
	got, whys := d.UseAll(bySeveral(1000, 1001, 1002), same)
	if got != nil || whys[0] != nil || whys[1] != nil || !errors.Is(whys[2], ErrNone) {
		t.Errorf("with one who has none: %v, %v", got, whys)
	}
	uses := bySeveral(people...)
	uses[1].People = 501
	if got, whys = d.UseAll(uses, same); got != nil || whys[0] != nil || !errors.Is(whys[1], grant.ErrTooMany) {
		t.Errorf("with one whose does not cover it: %v, %v", got, whys)
	}
	if got, whys = d.UseAll(bySeveral(1000, 1000), same); got != nil || !errors.Is(whys[1], grant.ErrUsedUp) {
		t.Errorf("one use for two: %v, %v", got, whys)
	}
	broken := errors.New("cannot read")
	if got, whys = d.UseAll(bySeveral(people...), func() (string, error) { return "", broken }); got != nil || !errors.Is(whys[0], broken) || !errors.Is(whys[1], broken) {
		t.Errorf("content that cannot be read: %v, %v", got, whys)
	}
	d.restart()
	d.expectLeft(all, 1, "after refusals")
	if got, whys = d.UseAll(bySeveral(people...), same); len(got) != 2 || got[0].ID != all[0].ID || got[1].ID != all[1].ID {
		t.Fatalf("%v, %v", got, whys)
	}
	d.restart()
	d.expectLeft(all, 0, "used")
	for range 2 { // the same once more
		if got, whys = d.UseAll(bySeveral(people...), same); got != nil || !errors.Is(whys[0], grant.ErrUsedUp) || !errors.Is(whys[1], grant.ErrUsedUp) {
			t.Errorf("used up: %v, %v", got, whys)
		}
	}
}

func TestContentIsToldApartOnceForAll(t *testing.T) {
	d := newDesk(t)
	d.grants(1)
	asked := 0
	got, whys := d.UseAll(bySeveral(people...), func() (string, error) { asked++; return same() })
	if got == nil || asked != 1 {
		t.Errorf("asked %d times: %v", asked, whys)
	}
}

// Several files at once take all that their people have for one of them, never
// a part each.
func TestFilesAtOnceDoNotTakeApprovalsFromEachOther(t *testing.T) {
	d := newDesk(t)
	for range 40 {
		all := d.grants(1)
		var used atomic.Int32
		var done sync.WaitGroup
		start := make(chan struct{})
		for n := range 4 {
			done.Go(func() {
				<-start
				uses := bySeveral(people[n%2], people[1-n%2])
				if got, _ := d.UseAll(uses, same); got != nil {
					used.Add(1)
				}
			})
		}
		close(start)
		done.Wait()
		if used.Load() != 1 {
			t.Fatalf("%d files went out, want one", used.Load())
		}
		d.expectLeft(all, 0, "used")
	}
}

// Whenever the service is killed, the file says of all that they were used, or of
// none.
func TestUsesOfSeveralReachTheDiskTogether(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: a file that is read cannot be replaced")
	}
	d := newDesk(t)
	d.grants(300)
	stop, looked := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { looked <- n }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			raw, err := os.ReadFile(d.path)
			if err != nil {
				t.Error(err)
				return
			}
			var k kept
			if err := json.Unmarshal(raw, &k); err != nil || len(k.Grants) != 2 || k.Grants[0].Uses != k.Grants[1].Uses {
				t.Errorf("a service killed now finds %v, %+v", err, k.Grants)
				return
			}
			n++
		}
	}()
	for range 300 {
		if got, whys := d.UseAll(bySeveral(people...), same); got == nil {
			t.Fatal(whys)
		}
	}
	close(stop)
	if n := <-looked; n < 10 {
		t.Errorf("looked %d times only", n)
	}
}

func TestUsesOfSeveralThatCannotBeCountedAreNone(t *testing.T) {
	d := newDesk(t)
	all := d.grants(1)
	away := filepath.Dir(d.path) + "-away"
	if err := os.Rename(filepath.Dir(d.path), away); err != nil {
		t.Fatal(err)
	}
	if got, whys := d.UseAll(bySeveral(people...), same); got != nil || whys[0] == nil || whys[1] == nil {
		t.Errorf("used without being counted: %v", got)
	}
	if err := os.Rename(away, filepath.Dir(d.path)); err != nil {
		t.Fatal(err)
	}
	d.expectLeft(all, 1, "not counted")
	if got, whys := d.UseAll(bySeveral(people...), same); got == nil {
		t.Error(whys)
	}
}

// What nothing went out by is not used, once for each time that it was counted.
func TestWhatWasForNothingIsReturned(t *testing.T) {
	d := newDesk(t)
	all := d.grants(2)
	used, whys := d.UseAll(bySeveral(people...), same)
	if used == nil {
		t.Fatal(whys)
	}
	away := filepath.Dir(d.path) + "-away"
	if err := os.Rename(filepath.Dir(d.path), away); err != nil {
		t.Fatal(err)
	}
	if d.Return(used...) == nil {
		t.Error("returned, and not kept")
	}
	d.expectLeft(all, 1, "not returned")
	if err := os.Rename(away, filepath.Dir(d.path)); err != nil {
		t.Fatal(err)
	}
	unknown := used[0]
	unknown.ID = strings.Repeat("0", 36)
	for range 3 { // never more than there were
		if err := d.Return(append(used, unknown)...); err != nil {
			t.Fatal(err)
		}
		d.restart()
		d.expectLeft(all, 2, "returned")
	}
}

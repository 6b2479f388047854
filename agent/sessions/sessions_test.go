package sessions

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// desk is a machine whose people and helpers a test plays.
type desk struct {
	on      map[uint32]bool
	refused error
	hidden  error
	started []time.Duration // since the beginning
	begun   time.Time
	running map[uint32]*played
	most    int // helpers at one time in one session
}

func newDesk(on ...uint32) *desk {
	d := &desk{on: map[uint32]bool{}, running: map[uint32]*played{}, begun: time.Now()}
	for _, id := range on {
		d.on[id] = true
	}
	return d
}

func (d *desk) people() ([]uint32, error) {
	return slices.Sorted(maps.Keys(d.on)), d.hidden
}

func (d *desk) start(id uint32) (process, error) {
	d.started = append(d.started, time.Since(d.begun))
	if d.refused != nil {
		return nil, d.refused
	}
	if p := d.running[id]; p != nil && !p.over {
		d.most++
	}
	p := &played{}
	d.running[id] = p
	return p, nil
}

type played struct{ over, taken bool }

func (p *played) ended() bool { return p.over }
func (p *played) end()        { p.over, p.taken = true, true }

// keeping runs keep over the desk until the test has done what it does.
func keeping(t *testing.T, d *desk, do func()) (said string) {
	t.Helper()
	var log strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); keep(ctx, d, slog.New(slog.NewTextHandler(&log, nil))) }()
	synctest.Wait()
	do()
	cancel()
	<-done
	return log.String()
}

func pass(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestEverybodyWhoIsLoggedOnHasOneHelper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		keeping(t, d, func() {
			if d.running[1] == nil {
				t.Fatal("nobody was started")
			}
			d.on[2] = true
			pass(interval)
			if d.running[2] == nil || len(d.started) != 2 {
				t.Fatalf("after a second person came: %d starts", len(d.started))
			}
			delete(d.on, 1)
			pass(interval)
			if !d.running[1].taken {
				t.Error("the helper of a session that is over was left")
			}
			pass(time.Hour)
		})
		if len(d.started) != 2 || d.most != 0 {
			t.Errorf("%d starts in an hour, %d of them beside another", len(d.started), d.most)
		}
		if !d.running[2].taken {
			t.Error("a helper outlived the service")
		}
	})
}

func TestAHelperThatIsEndedComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		keeping(t, d, func() {
			for n := 2; n < 6; n++ { // now and then: each time at once
				pass(2 * settled)
				d.running[1].over = true
				pass(3 * interval)
				if len(d.started) != n {
					t.Fatalf("%d starts, want %d", len(d.started), n)
				}
			}
		})
	})
}

func TestAHelperThatCannotRunIsTriedEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		d.refused = errors.New("no")
		said := keeping(t, d, func() { pass(24 * time.Hour) })
		if n := len(d.started); n < 200 || n > 400 {
			t.Errorf("%d tries in a day, want about one every five minutes", n)
		}
		if n := strings.Count(said, "could not be started"); n != 1 {
			t.Errorf("said %d times:\n%s", n, said)
		}
	})
}

func TestSessionsThatCannotBeListedLeaveHelpersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		said := keeping(t, d, func() {
			d.hidden, d.on = errors.New("busy"), nil
			pass(time.Minute)
			if d.running[1].over {
				t.Error("a helper was ended because the list of sessions was not to be had")
			}
		})
		if n := strings.Count(said, "busy"); n != 1 {
			t.Errorf("said %d times", n)
		}
	})
}

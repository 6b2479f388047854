package prompt

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader/incident"
)

const (
	tellQueue  = 256                    // incidents waiting to be told
	tellWait   = 300 * time.Millisecond // for a session helper to take a notice before the terminal is used
	maxWaiting = 200                    // notices doing so; fewer than the control server keeps for one person
)

// mail is the way to the session helpers: control.Server.
type mail interface {
	Notify(uid int, n control.Notice) (delivered bool)
	Withdraw(uid int, id string) (withdrawn bool)
}

// Teller tells people what was decided about what they did. Tell may be called
// by any number of goroutines; Run must be running for anything to be shown.
type Teller struct {
	mail    mail
	log     *slog.Logger
	catalog *message.Catalog
	queue   chan telling
	wait    time.Duration // tellWait, but for tests

	mu      sync.Mutex
	dropped map[int]int // by uid: not queued since the last one that was
	silent  map[silenced]time.Time

	// Of Run's goroutine alone.
	waiting []telling // notices no helper has taken yet, oldest first
	written merger    // for terminals
}

// telling is one notice on its way to one person.
type telling struct {
	uid    int
	notice Notice
	missed int
	seat   seat
	due    time.Time
}

// NewTeller answers a teller that reaches session helpers through the control
// server.
func NewTeller(helpers *control.Server, log *slog.Logger) (*Teller, error) {
	catalog, err := message.Load(messages)
	if err != nil {
		return nil, err
	}
	return &Teller{mail: helpers, log: log, catalog: catalog, queue: make(chan telling, tellQueue), wait: tellWait, dropped: map[int]int{}}, nil
}

// Tell tells the person of the incident, if it is one that anybody is told
// about; words are the policy's on the rule that decided. It looks for the terminal of the blocked process at once, so call it
// while that still waits for its answer; everything else happens later, and
// Tell never waits. What does not fit in the queue is counted in the next
// notice.
func (t *Teller) Tell(_ context.Context, i incident.Incident, words Words) {
	n, ok := FromIncident(i, words)
	if !ok || i.Person.UID < 0 || t.isSilent(i.Person.UID, i.Decision.Rule, time.Now()) {
		return
	}
	t.put(telling{uid: i.Person.UID, notice: n, seat: findSeat(i.Program.PID, i.Person.UID)})
}

// Announce tells a person what became of something they asked for, and never
// waits.
func (t *Teller) Announce(uid int, n Notice) {
	if uid >= 0 && told(n.Action) {
		t.put(telling{uid: uid, notice: n.harmless(), seat: findSeat(0, uid)})
	}
}

// silenced is what somebody wants no notices of.
type silenced struct {
	uid  int
	rule string
}

const maxSilenced = 1000 // rules and people

// Silence keeps notices of a rule from a person until then, or until the
// service ends.
func (t *Teller) Silence(uid int, rule string, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.silent == nil || len(t.silent) >= maxSilenced {
		t.silent = map[silenced]time.Time{}
	}
	t.silent[silenced{uid, rule}] = until
}

func (t *Teller) isSilent(uid int, rule string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Before(t.silent[silenced{uid, rule}])
}

func (t *Teller) put(j telling) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j.missed = t.dropped[j.uid]
	select {
	case t.queue <- j:
		delete(t.dropped, j.uid)
	default:
		t.dropped[j.uid]++
	}
}

// Run shows what is told until the context ends.
func (t *Teller) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-t.queue:
			t.deliver(j)
		case <-timer.C:
		}
		if wait := t.advance(time.Now()); wait >= 0 {
			timer.Reset(wait)
		}
	}
}

// deliver hands the notice to the person's session helpers.
func (t *Teller) deliver(j telling) {
	wire, err := j.notice.wire(j.missed)
	if err != nil {
		t.log.Error("notice not shown", "incident", j.notice.ID, "error", err)
		return
	}
	j.seat.learnLanguage()
	switch delivered := t.mail.Notify(j.uid, wire); {
	case !delivered:
		j.due = time.Now().Add(t.wait)
		if t.waiting = append(t.waiting, j); len(t.waiting) > maxWaiting {
			t.waiting[0].due = time.Time{}
		}
	case j.seat.remote:
		// The desktop is not where the person sits.
		t.toTerminal(j)
	}
}

// advance does what has become due and answers how long until there is more;
// negative when nothing waits.
func (t *Teller) advance(now time.Time) time.Duration {
	for len(t.waiting) > 0 && !t.waiting[0].due.After(now) {
		j := t.waiting[0]
		t.waiting = t.waiting[1:]
		if t.mail.Withdraw(j.uid, j.notice.ID) {
			t.toTerminal(j)
		}
	}
	wait := time.Duration(-1)
	for {
		g, until := t.written.next(now)
		if g == nil {
			wait = until
			break
		}
		t.write(g)
	}
	if len(t.waiting) > 0 {
		if until := t.waiting[0].due.Sub(now); wait < 0 || until < wait {
			wait = until
		}
	}
	return wait
}

func (t *Teller) toTerminal(j telling) {
	audience := strconv.Itoa(j.uid) + " " + j.seat.own
	t.written.add(audience, j.notice, j.missed, time.Now()).seat = j.seat
}

// write puts a group on the person's terminal. Where there is none the notice
// is kept for the session helper after all.
func (t *Teller) write(g *group) {
	language := g.seat.language
	if language == "" {
		language = message.FromEnvironment(os.Getenv)
	}
	p := t.catalog.Printer(language)
	err := g.seat.write(terminalText(p, render(p, g.latest, g.more())))
	if err == nil {
		return
	}
	t.log.Info("no terminal to tell the person at", "uid", g.seat.uid, "incident", g.latest.ID, "reason", err)
	if wire, err := g.latest.wire(g.more()); err == nil && !g.seat.remote {
		t.mail.Notify(g.seat.uid, wire)
	}
}

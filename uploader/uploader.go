// Package uploader carries incidents from this machine to the console: out of
// the spool, over HTTPS, and out of the spool only once the console has them.
// It tries for as long as it takes, gently. It never decides what is an
// incident, never changes one, and drops none.
package uploader

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// Queue is where incidents wait; package spool is one. Peek may answer an
// incident again until it was acknowledged or set aside.
type Queue interface {
	Peek(ctx context.Context, n int) ([]incident.Incident, error)
	Ack(ids []string) error
	SetAside(ids []string, reason string) error
	Wait(ctx context.Context) error
}

// Console is who takes them; Client is one. Neither method tries twice.
type Console interface {
	Send(ctx context.Context, batch []incident.Incident) (incident.IngestReply, error)
	Beat(ctx context.Context, h incident.Heartbeat) error
}

// Pace says how often and how patiently to try.
type Pace struct {
	First     time.Duration // before the first retry, at most
	Most      time.Duration // between two tries, at most, unless the console asks for more
	MostAsked time.Duration // what the console may ask for with Retry-After, at most
	Beat      time.Duration // between two heartbeats
}

// DefaultPace suits a fleet of thousands and one console.
func DefaultPace() Pace {
	return Pace{First: time.Second, Most: time.Minute, MostAsked: 15 * time.Minute, Beat: time.Minute}
}

// Uploader moves incidents from a queue to a console.
type Uploader struct {
	queue   Queue
	console Console
	vitals  func() incident.Heartbeat
	pace    Pace
	log     *slog.Logger
	online  func(context.Context) <-chan struct{}

	batch int // incidents to send at once

	mu          sync.Mutex
	lastContact time.Time
	sending     way
	beating     way
}

// way is how one of the two kinds of exchange fares.
type way struct {
	what   string
	failed int    // in a row
	cause  string // of the last failure, as logged
	text   string
}

// State is how the way to the console is.
type State struct {
	Connected   bool      // the last exchanges of both kinds went as hoped
	LastContact time.Time // UTC; zero before the first
	LastError   string    // of the last try, "" when connected; never customer data
}

// New answers an uploader that does nothing until Run. The vitals are asked for
// before each heartbeat.
func New(q Queue, c Console, vitals func() incident.Heartbeat, pace Pace, log *slog.Logger) *Uploader {
	return &Uploader{queue: q, console: c, vitals: vitals, pace: pace, log: log, online: networkUp, batch: incident.MaxBatch,
		sending: way{what: "incidents"}, beating: way{what: "heartbeat"}}
}

// State may be called at any time.
func (u *Uploader) State() State {
	u.mu.Lock()
	defer u.mu.Unlock()
	return State{
		Connected:   !u.lastContact.IsZero() && u.sending.failed == 0 && u.beating.failed == 0,
		LastContact: u.lastContact,
		LastError:   cmp.Or(u.sending.text, u.beating.text),
	}
}

// Run uploads until the context ends, then returns nil. Any other end is the
// queue's error.
func (u *Uploader) Run(ctx context.Context) error {
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return u.upload(inner) })
	g.Go(func() error { return u.beat(inner) })
	if err := g.Wait(); ctx.Err() == nil {
		return err
	}
	return nil
}

// Drain sends what waits, once, after Run has ended: what is known of the
// service's end would wait for the next start otherwise. What cannot be sent
// stays in the queue; the error says why.
func (u *Uploader) Drain(ctx context.Context) error {
	for {
		list, err := u.queue.Peek(ctx, u.batch)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := u.send(ctx, list[:fit(list)]); err != nil && !errors.Is(err, errSmaller) {
			return err
		}
	}
}

func (u *Uploader) upload(ctx context.Context) error {
	online := u.online(ctx)
	// A random part of a doubling time, from none to all of it, spreads a
	// fleet that lost its console at the same moment.
	wait := &backoff.ExponentialBackOff{InitialInterval: u.pace.First / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: u.pace.Most / 2}
	wait.Reset()
	for {
		if err := u.queue.Wait(ctx); err != nil {
			return err
		}
		list, err := u.queue.Peek(ctx, u.batch)
		if err == nil && len(list) == 0 {
			continue
		}
		if err == nil {
			err = u.send(ctx, list[:fit(list)])
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errSmaller):
			continue
		}
		u.note(&u.sending, err)
		if err == nil {
			wait.Reset()
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(u.pause(wait.NextBackOff(), err)):
		case <-online:
			wait.Reset()
		}
	}
}

// pause is how long to wait after an error: as the console asks, within reason,
// and never all machines at the same moment.
func (u *Uploader) pause(random time.Duration, err error) time.Duration {
	var status *StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		return min(status.RetryAfter, u.pace.MostAsked) + random
	}
	return random
}

// errSmaller: the batch was too much for the console; the next one is smaller.
var errSmaller = errors.New("the batch is too large for the console")

func (u *Uploader) send(ctx context.Context, list []incident.Incident) error {
	reply, err := u.console.Send(ctx, list)
	var status *StatusError
	if errors.As(err, &status) && notForThisBatch(status) {
		return u.shrink(ctx, list, err)
	}
	if err != nil {
		return err
	}
	u.batch = min(u.batch*2, incident.MaxBatch)
	return u.settle(list, reply)
}

// notForThisBatch tells statuses that blame what was sent. A record of another
// machine is among what waits where this one's id was made anew.
func notForThisBatch(e *StatusError) bool {
	code := e.Code
	return e.Reason == enrol.AnotherMachine || code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge || code == http.StatusUnprocessableEntity
}

// shrink halves a batch the console will not take, down to the one incident it
// will not. That one is set aside, but only while the console is otherwise well:
// one that refuses everything must not empty the spool.
func (u *Uploader) shrink(ctx context.Context, list []incident.Incident, refused error) error {
	if len(list) > 1 {
		u.batch = len(list) / 2
		return fmt.Errorf("%w: %w", errSmaller, refused)
	}
	if err := u.console.Beat(ctx, u.vitals()); err != nil {
		return errors.Join(refused, err)
	}
	if err := u.queue.SetAside([]string{list[0].ID}, "not-taken"); err != nil {
		return err
	}
	u.batch = incident.MaxBatch
	return nil
}

// settle does with each incident as the console answered.
func (u *Uploader) settle(sent []incident.Incident, reply incident.IngestReply) error {
	open := map[string]bool{}
	for _, i := range sent {
		open[i.ID] = true
	}
	stored := slices.DeleteFunc(slices.Clone(reply.Accepted), func(id string) bool { return !open[id] })
	for _, id := range stored {
		delete(open, id)
	}
	refused := map[string][]string{}
	for _, r := range reply.Refused {
		id := r.ID
		if !open[id] && r.Line >= 1 && r.Line <= len(sent) { // it could not read the id
			id = sent[r.Line-1].ID
		}
		if open[id] {
			delete(open, id)
			refused[r.Reason] = append(refused[r.Reason], id)
		}
	}
	var errs []error
	if len(stored) > 0 {
		errs = append(errs, u.queue.Ack(stored))
	}
	for reason, ids := range refused {
		errs = append(errs, u.queue.SetAside(ids, reason))
	}
	if len(open) > 0 {
		errs = append(errs, fmt.Errorf("%w: it says nothing about %d of %d incidents", errAnswer, len(open), len(sent)))
	}
	return errors.Join(errs...)
}

// beat tells the console once per period that this machine is alive, from a
// random moment on.
func (u *Uploader) beat(ctx context.Context) error {
	next := rand.N(u.pace.Beat/10 + 1)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(next):
		}
		err := u.console.Beat(ctx, u.vitals())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		u.note(&u.beating, err)
		next = u.pause(u.pace.Beat, err)
	}
}

// note keeps the state, and logs what is new about it: a failure that repeats
// is one line, and its end another.
func (u *Uploader) note(w *way, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err == nil {
		if w.failed > 0 {
			u.log.Info("console reached again", "with", w.what, "failures", w.failed)
		}
		*w = way{what: w.what}
		u.lastContact = time.Now().UTC()
		return
	}
	w.failed++
	w.text = err.Error()
	if c := cause(err); c != w.cause {
		w.cause = c
		u.log.Warn("console not reached; incidents wait and are sent later", "with", w.what, "error", err)
	}
}

// cause is the innermost error's text, which has no port numbers that differ
// from try to try.
func cause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// fit answers how many of the incidents go into one batch, at least one.
func fit(list []incident.Incident) int {
	size := 0
	for n := range list {
		line, err := json.Marshal(&list[n])
		if err != nil {
			return max(n, 1)
		}
		size += len(line) + 1
		if size > incident.MaxBatchBytes {
			return max(n, 1)
		}
	}
	return len(list)
}

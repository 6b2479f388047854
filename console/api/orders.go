package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/signed"
)

const (
	// maxTelling bounds how many documents are made and sent at once.
	maxTelling = 64
	// maxWaits is how many requests of one machine may wait at once: its own,
	// and those it has broken off without the console knowing yet.
	maxWaits = 4
	// telling is how long a machine may take to read a document.
	telling = 30 * time.Second
)

// waits is who waits for orders.
type waits struct {
	mu       sync.Mutex
	changed  chan struct{} // closed at the next change
	closed   bool
	machines map[string]int

	room *semaphore.Weighted // for making documents and sending them
	// policy is the newest one, signed; every machine is told the same.
	policy struct {
		sync.Mutex
		serial   int64
		envelope *signed.Envelope
	}
}

// Notify wakes every machine that waits for orders: there may be new ones.
func (a *API) Notify() { a.waits.wake(false) }

// Close sends everybody away who waits for orders, so that the server can stop.
func (a *API) Close() { a.waits.wake(true) }

func (w *waits) wake(forGood bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = w.closed || forGood
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// next answers what is closed at the next change.
func (w *waits) next() (change <-chan struct{}, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.changed, !w.closed
}

func (w *waits) enter(machine string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.machines[machine] >= maxWaits {
		return false
	}
	if w.machines == nil {
		w.machines = map[string]int{}
	}
	w.machines[machine]++
	return true
}

func (w *waits) leave(machine string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.machines[machine]--; w.machines[machine] <= 0 {
		delete(w.machines, machine)
	}
}

// orders tells a machine what it has to know, once that differs from what it
// knows already.
func (a *API) orders(w http.ResponseWriter, r *http.Request, who speaker) {
	serial := r.TLS.PeerCertificates[0].SerialNumber.Text(16)
	a.await(w, r, who, func() error {
		_, err := a.Store.Speaks(r.Context(), serial, who.id)
		return err
	})
}

// await answers at once, at a change, or after orders.MaxWait. Still tells
// whether the machine may still be told: it may have been revoked while it
// waited.
func (a *API) await(w http.ResponseWriter, r *http.Request, who speaker, still func() error) {
	if !a.waits.enter(who.id) {
		slowDown(w, time.Second)
		return
	}
	defer a.waits.leave(who.id)
	// A request that waits outlives what others may take; where that cannot be
	// set, the server's own limits hold.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(orders.MaxWait + telling))
	known := r.Header.Get("If-None-Match")
	enough := time.NewTimer(orders.MaxWait)
	defer enough.Stop()
	for {
		change, open := a.waits.next()
		if !open {
			tooBusy(w)
			return
		}
		told, err := a.tell(w, r, who, known)
		if err != nil {
			a.broken(w, r, err)
		}
		if told || err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-change:
		case <-enough.C:
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(telling))
			w.Header().Set("ETag", known)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if err := still(); errors.Is(err, store.ErrRevoked) {
			refuseMachine(w, http.StatusForbidden, enrol.Revoked, "this machine's certificate was revoked")
			return
		} else if err != nil {
			a.broken(w, r, err)
			return
		}
	}
}

// tell sends the orders of a machine unless they are known to it.
func (a *API) tell(w http.ResponseWriter, r *http.Request, who speaker, known string) (told bool, err error) {
	if err := a.waits.room.Acquire(r.Context(), 1); err != nil {
		return false, err
	}
	defer a.waits.room.Release(1)
	o, err := a.ordersOf(r.Context(), who.id)
	if err != nil {
		return false, err
	}
	tag := tagOf(o)
	if tag == known {
		return false, nil
	}
	body, err := json.Marshal(o)
	if err == nil && (len(body) > orders.MaxSize || len(o.Grants) > orders.MaxGrants || len(o.Tasks) > orders.MaxTasks || len(o.Lists) > orders.MaxLists) {
		err = fmt.Errorf("the orders of machine %s are too large: %d bytes, %d grants, %d tasks, %d lists", who.id, len(body), len(o.Grants), len(o.Tasks), len(o.Lists))
	}
	if err != nil {
		return false, err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(telling))
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the machine has gone when this fails
	return true, nil
}

// ordersOf answers everything one machine has to know.
func (a *API) ordersOf(ctx context.Context, machine string) (o orders.Orders, err error) {
	o.Secret = a.Signer.Secret(machine)
	if o.Policy, err = a.policy(ctx); err != nil {
		return orders.Orders{}, err
	}
	if a.Grants != nil {
		if o.Grants, err = a.Grants(ctx, machine); err != nil {
			return orders.Orders{}, fmt.Errorf("look up a machine's grants: %w", err)
		}
	}
	if a.Tasks != nil {
		if o.Tasks, err = a.Tasks(ctx, machine); err != nil {
			return orders.Orders{}, fmt.Errorf("look up a machine's tasks: %w", err)
		}
	}
	if a.Lists != nil {
		if o.Lists, err = a.Lists.Orders(ctx); err != nil {
			return orders.Orders{}, fmt.Errorf("look up the lists: %w", err)
		}
	}
	return o, nil
}

// policy answers the newest policy, signed; nil when there is none.
func (a *API) policy(ctx context.Context) (*signed.Envelope, error) {
	serial, err := a.Store.PolicySerial(ctx)
	if err != nil || serial == 0 {
		return nil, err
	}
	kept := &a.waits.policy
	kept.Lock()
	defer kept.Unlock()
	if kept.serial >= serial {
		return kept.envelope, nil
	}
	p, err := a.Store.Policy(ctx, serial)
	if err != nil {
		return nil, err
	}
	e, err := orders.Policy{Serial: p.Serial, Issued: p.Issued, Author: p.Author, Text: p.Text}.Sign(a.Signer.Key())
	if err != nil {
		return nil, err
	}
	kept.serial, kept.envelope = serial, &e
	return kept.envelope, nil
}

// tagOf names a document by what it is made of: a signature stands for what it
// signs, so that documents nobody needs are not written out.
func tagOf(o orders.Orders) string {
	h := sha256.New()
	h.Write(o.Secret)
	if o.Policy != nil {
		h.Write([]byte{1})
		h.Write(o.Policy.Signature)
	}
	for _, g := range o.Grants {
		h.Write([]byte{2})
		h.Write(g.Signature)
	}
	for _, t := range o.Tasks {
		h.Write([]byte{3})
		h.Write(t.Signature)
	}
	for _, l := range o.Lists {
		h.Write([]byte{4})
		h.Write(l.Signature)
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:16]) + `"`
}

package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/grants"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/uploader/incident"
)

// workplace is a service with somebody at the machine and a console that signs.
type workplace struct {
	t       *testing.T
	agent   *Agent
	mu      sync.Mutex
	records []incident.Incident
	key     ed25519.PrivateKey
	source  string // a customer list of 60 people
}

const somebody = 1000

func newWorkplace(t *testing.T, policy string) *workplace {
	t.Helper()
	o := &workplace{t: t, source: filepath.Join(t.TempDir(), "customers.csv")}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.key = private
	dir := t.TempDir()
	c := DefaultConfig()
	c.State, c.Socket = filepath.Join(dir, "state"), filepath.Join(dir, "socket")
	c.Console.URL = "https://127.0.0.1:1"
	if policy != "" {
		c.Policy = filepath.Join(dir, "policy.yaml")
		if err := os.WriteFile(c.Policy, []byte(policy), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.begin(c, public)
	t.Cleanup(func() {
		if err := o.agent.close(); err != nil {
			t.Error(err)
		}
	})
	o.write(60)
	return o
}

// begin starts the service.
func (o *workplace) begin(c Config, public []byte) {
	o.t.Helper()
	log, err := slog.New(slog.NewTextHandler(io.Discard, nil)), error(nil)
	if o.agent, err = New(c, "test", nil, log); err != nil {
		o.t.Fatal(err)
	}
	o.agent.judge.Record = func(_ context.Context, all ...incident.Incident) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.records = append(o.records, all...)
		return nil
	}
	if o.agent.grants, err = grants.Open(filepath.Join(c.State, "grants.json"), o.agent.machine.ID, func() [][]byte { return [][]byte{public} }, log); err != nil {
		o.t.Fatal(err)
	}
	o.agent.judge.Grants = &approvals{o.agent.grants, o.agent}
}

// restart ends the service and starts it again.
func (o *workplace) restart() {
	o.t.Helper()
	if err := o.agent.close(); err != nil {
		o.t.Fatal(err)
	}
	o.begin(o.agent.config, o.key.Public().(ed25519.PublicKey))
}

// write makes the list that somebody wants to copy.
func (o *workplace) write(people int) {
	o.t.Helper()
	var list bytes.Buffer
	if err := errors.Join(synthetic.CSV(&list, synthetic.New(7).People(people), "en"), os.WriteFile(o.source, list.Bytes(), 0o644)); err != nil {
		o.t.Fatal(err)
	}
}

// copies copies the list to a stick, the way the guard sees it.
func (o *workplace) copies(uid int, serial string) guard.Verdict {
	o.t.Helper()
	return o.writes(serial, uid)
}

// writes is copies by several people together.
func (o *workplace) writes(serial string, uids ...int) guard.Verdict {
	o.t.Helper()
	var actors []activity.Actor
	for _, uid := range uids {
		actors = append(actors, activity.Actor{UID: uid, PID: 1, Program: "/usr/bin/cp"})
	}
	content, err := os.ReadFile(o.source)
	if err != nil {
		o.t.Fatal(err)
	}
	j := o.agent.judge.Open(activity.Activity{
		Channel: activity.RemovableMedia, Operation: activity.Write, Actor: actors[0], Others: actors[1:],
		Subject:     activity.Subject{Name: "customers.csv", Source: o.source},
		Destination: activity.Destination{Path: "/media/stick", Device: activity.Device{Serial: serial}},
	})
	defer j.Close()
	for p := content; len(p) > 0; {
		n := min(len(p), 4096)
		if j.Write(o.t.Context(), p[:n]) == guard.Deny {
			return guard.Deny
		}
		p = p[n:]
	}
	return j.Finish(o.t.Context(), bytes.NewReader(content), int64(len(content)), true)
}

func (o *workplace) expect(uid int, serial string, want guard.Verdict, why string) {
	o.t.Helper()
	if got := o.copies(uid, serial); got != want {
		o.t.Fatalf("%s: %v", why, got)
	}
}

// asks asks at the desk and answers the code of a refusal.
func (o *workplace) asks(uid int, about string, q any) (cases.Sent, control.Refusal) {
	o.t.Helper()
	body, err := json.Marshal(q)
	if err != nil {
		o.t.Fatal(err)
	}
	answer, err := o.agent.desk.answer(o.t.Context(), control.Caller{UID: uid}, about, body)
	var no control.Refusal
	if errors.As(err, &no) {
		return cases.Sent{}, no
	}
	if err != nil {
		o.t.Fatal(err)
	}
	sent, _ := answer.(cases.Sent)
	return sent, ""
}

func (o *workplace) own(uid int) []cases.Case { return o.agent.desk.list(uid).Cases }

func (o *workplace) sign(a grant.Answer) signed.Envelope {
	o.t.Helper()
	e, err := a.Sign(o.key)
	if err != nil {
		o.t.Fatal(err)
	}
	return e
}

func (o *workplace) orders(answers ...signed.Envelope) {
	o.t.Helper()
	if err := o.agent.takeOrders(o.t.Context(), orders.Orders{Grants: answers, Secret: bytes.Repeat([]byte{7}, 32)}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *workplace) recorded(code string) []incident.Incident {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []incident.Incident
	for _, i := range o.records {
		if i.Code == code {
			out = append(out, i)
		}
	}
	return out
}

func wish(id string) cases.Wanted {
	return cases.Wanted{Case: id, Wish: grant.Wish{Purpose: "contract", Text: "for the printer, call 13812345678", Days: 1, Uses: 1, Pledge: true, Name: "Li"}}
}

func (o *workplace) steps(uid int) []string {
	var out []string
	for _, s := range o.own(uid)[len(o.own(uid))-1].Steps {
		out = append(out, s.What)
	}
	return out
}

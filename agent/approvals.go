package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/grants"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/uploader/incident"
)

// approvals are the grants of this machine; what is used is recorded and shown.
type approvals struct {
	*grants.Book
	agent *Agent
}

func (a *Agent) openApprovals() (err error) {
	keys := func() [][]byte { return nil }
	if a.identity != nil {
		keys = a.identity.PolicyKeys
	}
	if a.grants, err = grants.Open(filepath.Join(a.config.State, "grants.json"), a.machine.ID, keys, a.log); err != nil {
		return err
	}
	a.judge.Grants = &approvals{a.grants, a}
	return nil
}

// May implements Grants: what is awaited is seen to its end as well.
func (p *approvals) May(uid int, channel, destination string) bool {
	return p.Book.May(uid, channel, destination) || p.agent.desk.awaits(purpose{uid, channel, destination})
}

// Used implements Grants.
func (p *approvals) Used(ctx context.Context, g grant.Grant, record string) {
	left := 0
	for _, s := range p.Of(g.UID, g.Incident) {
		if s.ID == g.ID {
			left = s.Left
		}
	}
	if g.Incident != "" {
		p.agent.say(ctx, codeGrantUsed, incident.Low, map[string]string{
			"incident": g.Incident, "grant": g.ID, "record": record, "user": g.User, "file": g.File, "left": strconv.Itoa(left),
		})
	}
	p.agent.desk.cases.Note(g.UID, g.Incident, cases.Step{What: cases.Used, Time: time.Now().UTC(), Grant: g.ID, Left: left})
}

// takeOrders takes in what the console has answered to requests, and tells the
// people it is for.
func (a *Agent) takeOrders(ctx context.Context, o orders.Orders) error {
	if err := a.desk.keepSecret(o.Secret); err != nil {
		return err
	}
	news, err := a.grants.Update(o.Grants)
	for range news.Forged {
		a.say(ctx, "grant-forged", incident.High, map[string]string{})
	}
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	for _, g := range news.Granted {
		a.answered(g.UID, g.Incident, g.File, g.Channel, cases.Step{What: cases.Granted, Time: now, Grant: g.ID, Until: g.Expires, Left: g.MaxUses})
	}
	if len(news.Granted) > 0 {
		a.giveBack(ctx)
	}
	for _, r := range news.Refused {
		a.answered(r.UID, r.Incident, "", "", cases.Step{What: cases.Refused, Time: now, Text: r.Reason})
	}
	for _, w := range news.Withdrawn {
		a.answered(w.UID, w.Incident, w.File, w.Channel, cases.Step{What: cases.Withdrawn, Time: now, Grant: w.ID, Text: w.Reason})
	}
	return nil
}

// answered notes and tells what became of a request. Where the service has been
// restarted since, it knows only what the answer says.
func (a *Agent) answered(uid int, id, file, channel string, s cases.Step) {
	n := prompt.Notice{File: file, Channel: channel}
	if a.desk.cases.Note(uid, id, s) {
		c, _ := a.desk.cases.Find(uid, id)
		n = c.Notice
	} else if file == "" {
		return // nothing that the person would know again
	}
	n.ID, n.Time, n.Action, n.Words = fmt.Sprintf("%s/%s", s.What, id), s.Time, s.What, prompt.Words{}
	if s.Text != "" {
		n.Words.Message = map[string]string{"zh": s.Text, "en": s.Text}
	}
	a.teller.Announce(uid, n)
}

// watchTime remembers that time passes, so that setting the clock back brings
// no approval back.
func (a *Agent) watchTime(ctx context.Context) {
	again := time.NewTicker(time.Minute)
	defer again.Stop()
	for {
		if err := a.grants.Tick(); err != nil {
			a.log.Error("approvals cannot be kept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

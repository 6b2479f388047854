package agent

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/uploader/incident"
)

const (
	// byPhone is how long a challenge waits for its code, and how long what a
	// code permits holds.
	byPhone = time.Hour
	// Wrong codes in an hour: of one person for one purpose, and of everybody
	// together for copies, as one person may have many numbers.
	wrongCodes  = 5
	wrongByAll  = 50
	maxSpoken   = 256
	permitsCopy = "grant"
)

// spoken is a challenge that waits for its code.
type spoken struct {
	challenge string
	request   grant.Request
	at        time.Time
}

// challenge answers what is read out over the telephone for a request.
func (d *desk) challenge(id string, r grant.Request) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.secret) == 0 {
		return ""
	}
	if len(d.spoken) >= maxSpoken {
		clear(d.spoken)
	}
	s := spoken{grant.ChallengeFor(r.People), r, time.Now()}
	d.spoken[id] = s
	return s.challenge
}

// code takes the answer to a challenge.
func (d *desk) code(ctx context.Context, uid int, q cases.Spoken) (cases.Sent, error) {
	c, err := d.find(uid, q.Case, "request-approval")
	if err != nil {
		return cases.Sent{}, err
	}
	r, err := d.heard(uid, q)
	if err != nil {
		return cases.Sent{}, err
	}
	if err := d.about(ctx, codeByPhone, incident.Medium, c, map[string]string{"request": r.ID, "user": r.User, "people": strconv.Itoa(r.People)}); err != nil {
		return cases.Sent{}, err
	}
	until, err := d.permit(*r.Grant("", "-", time.Now()), byPhone)
	if err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, q.Case, cases.Step{What: cases.Granted, Time: time.Now().UTC(), Until: until, Left: 1})
	return cases.Sent{Until: until}, nil
}

// heard answers the request that a code belongs to; a challenge is good for
// one code, for a while.
func (d *desk) heard(uid int, q cases.Spoken) (grant.Request, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.locked(now, uid, permitsCopy) {
		return grant.Request{}, control.Refusal(cases.CodesLocked)
	}
	s, ok := d.spoken[q.Case]
	if !ok || now.Sub(s.at) > byPhone || !grant.CodeIs(q.Code, d.secret, permitsCopy, s.challenge) {
		d.wrong = append(d.wrong, guess{now, uid, permitsCopy})
		return grant.Request{}, control.Refusal(cases.WrongCode)
	}
	delete(d.spoken, q.Case)
	return s.request, nil
}

// guess is a wrong code.
type guess struct {
	at      time.Time
	uid     int
	permits string
}

// locked tells whether too many wrong codes were tried for a purpose. Whoever
// guesses at copies keeps nobody from stopping the service. The lock is held.
func (d *desk) locked(now time.Time, uid int, permits string) bool {
	d.wrong = slices.DeleteFunc(d.wrong, func(g guess) bool { return now.Sub(g.at) > time.Hour })
	own, all := 0, 0
	for _, g := range d.wrong {
		if g.permits == permits {
			if all++; g.uid == uid {
				own++
			}
		}
	}
	return own >= wrongCodes || all >= wrongByAll
}

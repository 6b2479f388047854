package employee

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"sync"
	"time"

	"github.com/trustline/trustline/agent/cases"
)

// How long what lets people in holds, and how much of it there is at a time.
const (
	tokenFor     = 2 * time.Minute
	sessionFor   = 30 * time.Minute // unused
	sessionMost  = 8 * time.Hour    // used
	maxTokens    = 64
	maxSessions  = 16
	maxOutcomes  = 200 // of one session
	maxFailures  = 20  // wrong tokens within failuresFor
	failuresFor  = time.Minute
	secretLength = 32 // bytes
)

// digest is what is kept of a secret.
type digest [sha256.Size]byte

func newSecret() (string, digest) {
	secret := make([]byte, secretLength)
	_, _ = rand.Read(secret) // never fails, as its documentation says
	text := base64.RawURLEncoding.EncodeToString(secret)
	return text, sha256.Sum256([]byte(text))
}

// entrance knows who may come in. Tokens and sessions are looked up by their
// digests, so that how long a lookup takes tells nothing.
type entrance struct {
	now func() time.Time

	mu       sync.Mutex
	tokens   map[digest]time.Time // until when
	sessions map[digest]*session
	failures int
	since    time.Time // of the first of the failures
}

func newEntrance(now func() time.Time) *entrance {
	return &entrance{now: now, tokens: map[digest]time.Time{}, sessions: map[digest]*session{}}
}

// session is one browser of the person's.
type session struct {
	csrf  string
	began time.Time
	used  time.Time

	one sync.Mutex // one form is worked on at a time

	mu       sync.Mutex
	outcomes map[string]outcome // by the form that was sent
	order    []string           // of the outcomes, oldest first
}

// outcome is what came of a form.
type outcome struct {
	Case, Way string
	Sent      cases.Sent
	Place     string // of a masked copy
	ByPhone   bool   // a challenge was asked for
}

// issue answers a new token.
func (e *entrance) issue() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	var oldest digest
	for token, until := range e.tokens {
		if !now.Before(until) {
			delete(e.tokens, token)
		} else if first, ok := e.tokens[oldest]; !ok || until.Before(first) {
			oldest = token
		}
	}
	if len(e.tokens) >= maxTokens {
		delete(e.tokens, oldest)
	}
	token, kept := newSecret()
	e.tokens[kept] = now.Add(tokenFor)
	return token
}

// admission is how a token was answered.
type admission int

const (
	refused admission = iota
	tooMany           // wrong tokens
	admitted
)

// enter takes a token. Who is in already stays who they are, so that a form
// they are filling in can still be sent; others get the secret of a new
// session. A right token is taken however many wrong ones came before it.
func (e *entrance) enter(token, cookie string) (secret string, a admission) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now, kept := e.now(), sha256.Sum256([]byte(token))
	until, known := e.tokens[kept]
	delete(e.tokens, kept)
	if !known || !now.Before(until) {
		return "", e.failed(now)
	}
	if e.session(cookie) != nil {
		return cookie, admitted
	}
	return e.begin(now), admitted
}

func (e *entrance) failed(now time.Time) admission {
	if now.Sub(e.since) > failuresFor {
		e.since, e.failures = now, 0
	}
	if e.failures++; e.failures > maxFailures {
		return tooMany
	}
	return refused
}

func (e *entrance) begin(now time.Time) string {
	var idle digest
	for key, s := range e.sessions {
		if s.over(now) {
			delete(e.sessions, key)
		} else if last := e.sessions[idle]; last == nil || s.used.Before(last.used) {
			idle = key
		}
	}
	if len(e.sessions) >= maxSessions {
		delete(e.sessions, idle)
	}
	secret, kept := newSecret()
	csrf, _ := newSecret()
	e.sessions[kept] = &session{csrf: csrf, began: now, used: now, outcomes: map[string]outcome{}}
	return secret
}

// find answers the session of a cookie, which is used by that; nil when there
// is none.
func (e *entrance) find(cookie string) *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session(cookie)
}

func (e *entrance) session(cookie string) *session {
	key, now := sha256.Sum256([]byte(cookie)), e.now()
	s := e.sessions[key]
	switch {
	case s == nil:
		return nil
	case s.over(now):
		delete(e.sessions, key)
		return nil
	}
	s.used = now
	return s
}

func (e *entrance) inUse() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	for _, until := range e.tokens {
		if now.Before(until) {
			return true
		}
	}
	for _, s := range e.sessions {
		if !s.over(now) {
			return true
		}
	}
	return false
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.used) >= sessionFor || now.Sub(s.began) >= sessionMost
}

// ours tells whether a form carries this session's secret.
func (s *session) ours(csrf string) bool {
	return subtle.ConstantTimeCompare([]byte(csrf), []byte(s.csrf)) == 1
}

// keep remembers what came of a form, which is sent once however often it is
// submitted.
func (s *session) keep(form string, o outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) >= maxOutcomes {
		delete(s.outcomes, s.order[0])
		s.order = s.order[1:]
	}
	s.outcomes[form] = o
	s.order = append(s.order, form)
}

// outcome answers what came of a form; false when it was not sent yet.
func (s *session) outcome(form string) (outcome, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, known := s.outcomes[form]
	return o, known
}

// challenge answers the last one that was shown for a case, "" when there was
// none.
func (s *session) challenge(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, form := range slices.Backward(s.order) {
		if o := s.outcomes[form]; o.Case == id && o.Sent.Challenge != "" {
			return o.Sent.Challenge
		}
	}
	return ""
}

package uploader

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/trustline/trustline/enrol"
)

// StatusError is an answer of the console other than "stored".
type StatusError struct {
	Code       int           // HTTP status
	Reason     enrol.Code    // "" where the console gave none
	RetryAfter time.Duration // 0 when the console asked for none
}

// remedies say what to do where the console gave a reason.
var remedies = map[enrol.Code]string{
	enrol.TokenRefused:   "the enrolment token is wrong, has expired or is used up; make a new one on the console and put it into the file console.token-file names",
	enrol.TakenID:        "this machine's id belongs to another key; release it on the console (trustline-console machine release) and enrol with a new token",
	enrol.NoCertificate:  "this machine is not enrolled; see trustline enrol",
	enrol.Foreign:        "this machine is enrolled with another console; enrol it with this one (trustline enrol)",
	enrol.Expired:        "this machine's certificate has run out; it is renewed by itself, or enrol anew (trustline enrol)",
	enrol.Revoked:        "this machine was revoked on the console; ask an administrator to release it there, and enrol with a new token",
	enrol.AnotherMachine: "a record is another machine's",
}

func (e *StatusError) Error() string {
	text := "the console answered " + strconv.Itoa(e.Code) + " " + http.StatusText(e.Code)
	switch {
	case remedies[e.Reason] != "":
		return text + ": " + remedies[e.Reason]
	case e.Code >= 300 && e.Code < 400 || e.Code == http.StatusNotFound:
		return text + ": is console.url right?"
	}
	return text
}

// aboutCertificate tells refusals of what the machine shows from those of what
// it sends.
func (e *StatusError) aboutCertificate() bool {
	switch e.Reason {
	case enrol.NoCertificate, enrol.Foreign, enrol.Expired, enrol.Revoked:
		return true
	}
	return false
}

// refusal reads what the console asks for. Retry-After is seconds or a date
// (RFC 9110, section 10.2.3); a date is held against the console's own clock.
func refusal(res *http.Response, body []byte, now time.Time) *StatusError {
	e := &StatusError{Code: res.StatusCode}
	if now.IsZero() {
		now = time.Now()
	}
	after := res.Header.Get("Retry-After")
	if n, err := strconv.Atoi(after); err == nil && n > 0 {
		e.RetryAfter = time.Duration(min(n, 1<<20)) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		e.RetryAfter = max(0, at.Sub(now))
	}
	var said enrol.Refusal
	// Whatever else stands in between may answer as it likes.
	if json.Unmarshal(body, &said) == nil && remedies[said.Code] != "" {
		e.Reason = said.Code
	}
	return e
}

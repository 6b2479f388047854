// Package control is the service's local socket: programs of the people at
// this machine ask the service how it is, and are told what concerns them.
// Who calls is what the kernel says, never what the caller says. The package
// never decides anything, grants nothing, and a caller that is slow, stuck or
// hostile never holds the service up.
//
// On the wire there is one JSON object a line, both ways. A request is
// {"do":"status"}, {"do":"subscribe"} or {"do":"ask","about":"…","body":{…}}; a
// reply is {"status":{…}}, {"subscribed":true} followed by {"notice":{…}} as
// they come, {"answer":{…}}, {"refused":"code"} or {"error":"code"}. How a
// copy on the clipboard travels, see Clip and ClipFile. Unknown fields are ignored on both
// sides, so that helper and service of neighbouring versions understand each
// other.
package control

import (
	"encoding/json"
	"errors"
	"time"
)

// Bounds on what either side reads, waits for and holds.
const (
	maxRequest = 16 << 10  // bytes of one request line
	maxReply   = 512 << 10 // bytes of one reply line

	patience = 5 * time.Second // a request once begun, and a reply being taken, each end within this
	idle     = time.Minute     // between two requests of one connection

	askPatience = 3 * time.Minute // a question being answered
	maxFrame    = 1 << 10         // bytes around an answer

	maxPerUID  = 16  // connections of one person
	maxRoot    = 64  // connections of root
	maxClients = 512 // connections of everybody but root

	maxQueue = 64               // notices waiting for one subscriber
	maxKept  = 256              // notices kept for a person nobody is subscribed for
	maxBoxes = 1024             // people notices are kept for
	keepFor  = 10 * time.Minute // how long they are kept
)

// MaxNotice is how many bytes the body of a notice may have.
const MaxNotice = 64 << 10

// Caller is who is at the other end, as the kernel knows them.
type Caller struct {
	UID int
	GID int
	PID int // of the process that connected; it may have ended since

	Privileged bool // may do everything here, though under a number of their own (Windows)
}

// Root tells whether the caller is the administrator of this machine.
func (c Caller) Root() bool { return c.UID == 0 || c.Privileged }

// Notice is something one person is to be told. What it says is the business
// of package prompt; here it is only carried.
type Notice struct {
	ID   string          `json:"id"`
	Time time.Time       `json:"time"` // UTC
	Body json.RawMessage `json:"body"`
	// Missed is how many notices before this one were dropped because nobody
	// took them in time.
	Missed int `json:"missed,omitempty"`
}

// What a client can be told instead of an answer.
var (
	// ErrNotRunning: nothing listens at the socket.
	ErrNotRunning = errors.New("the service is not running")
	// ErrImpostor: what listens is neither root nor the calling person.
	ErrImpostor = errors.New("the socket does not belong to the service")
	// ErrBusy: this person has too many connections open.
	ErrBusy = errors.New("too many connections to the service")
	// ErrRefused: the service did not understand the request.
	ErrRefused = errors.New("the service refused the request")
	// ErrFailed: something went wrong in the service; its log says what.
	ErrFailed = errors.New("the service could not do it; its log says why")
)

const (
	doStatus    = "status"
	doSubscribe = "subscribe"
	doAsk       = "ask"
	doClip      = "clip"
	doClipFile  = "clip-file"
	doMore      = "more"
	doCleared   = "cleared"

	codeBusy    = "busy"
	codeRequest = "bad-request"
	codeFailed  = "failed"
)

// Refusal is why the service does not do what it was asked for: a stable code
// that the caller has words for.
type Refusal string

func (r Refusal) Error() string { return "the service refused: " + string(r) }

type request struct {
	Do    string          `json:"do"`
	About string          `json:"about,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"`

	Clip    *clipHead `json:"clip,omitempty"`
	Cleared bool      `json:"cleared,omitempty"`
}

type reply struct {
	Status     *Status         `json:"status,omitempty"`
	Subscribed bool            `json:"subscribed,omitempty"`
	Notice     *Notice         `json:"notice,omitempty"`
	Answer     json.RawMessage `json:"answer,omitempty"`
	Refused    Refusal         `json:"refused,omitempty"`
	Verdict    *Verdict        `json:"verdict,omitempty"`
	Noted      bool            `json:"noted,omitempty"`
	Error      string          `json:"error,omitempty"`
}

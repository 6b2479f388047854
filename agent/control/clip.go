package control

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A copy travels as {"do":"clip","clip":{…,"size":N}} and, after the line, N
// bytes that are no JSON: the text, or the paths of files, each ended by a zero
// byte. The answer is {"verdict":{…}}; to one that asks for the clipboard to be
// cleared the caller says {"do":"cleared","cleared":true} on the same
// connection once it is.

// Bounds on copies.
const (
	MaxClip      = 1 << 20 // bytes of one copy
	MaxClipFiles = 100

	maxProgram  = 4 << 10 // bytes of the program's name
	clipsEach   = 50      // copies of one person a second; more wait
	maxPaces    = 1024    // people whose pace is remembered
	clearing    = 10 * time.Second
	clipJudging = time.Minute
)

// Clip is what a person has put on the clipboard: text or the names of files. It is not
// masked: it goes to detection and nowhere else.
type Clip struct {
	Text    string   // valid UTF-8, at most MaxClip bytes
	Files   []string // absolute paths, at most MaxClipFiles
	Program string   // where it was copied, as the helper says; "" when unknown
	// Incomplete says why this is not everything ("too-large", "timed-out",
	// "corrupt"), "" when it is.
	Incomplete string
}

// Verdict is what becomes of a copy.
type Verdict struct {
	Action   string `json:"action"`             // of the policy: allow, report, block, …
	Incident string `json:"incident,omitempty"` // id of its record, "" when there is none
	Clear    bool   `json:"clear,omitempty"`    // it is to be taken off the clipboard

	// Done, when set, is called once in any case: with whether the helper has
	// said that the clipboard is cleared.
	Done func(cleared bool) `json:"-"`
}

// clipHead is what is said of a copy before it.
type clipHead struct {
	Program    string `json:"program,omitempty"`
	Incomplete string `json:"incomplete,omitempty"`
	Files      bool   `json:"files,omitempty"` // what follows are paths
	Size       int    `json:"size"`            // bytes that follow

	File string `json:"file,omitempty"` // what follows is the content of this file
	More bool   `json:"more,omitempty"` // and not yet the end of it
}

// Clip has a copy judged. Clear, when the verdict asks for it, takes the copy
// off the clipboard and answers whether it is gone. What is beyond the bounds
// is cut, and the service told so.
func (c *Client) Clip(ctx context.Context, clip Clip, clear func(context.Context) bool) (Verdict, error) {
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	head, body := clip.frame()
	return c.judged(ctx, clear, func() (reply, error) {
		return c.ask(request{Do: doClip, Clip: &head}, body, clipJudging+patience)
	})
}

// judged sends something that is judged, and does what the verdict says.
func (c *Client) judged(ctx context.Context, clear func(context.Context) bool, send func() (reply, error)) (Verdict, error) {
	r, err := send()
	if err == nil && r.Verdict == nil {
		err = errors.New("the service answered something else")
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("have the clipboard judged: %w", errors.Join(ctx.Err(), err))
	}
	v := *r.Verdict
	if !v.Clear {
		return v, nil
	}
	if _, err := c.ask(request{Do: doCleared, Cleared: clear(ctx)}, nil, patience); err != nil {
		return v, fmt.Errorf("say that the clipboard is cleared: %w", errors.Join(ctx.Err(), err))
	}
	return v, nil
}

// frame answers the copy as it travels.
func (c Clip) frame() (clipHead, []byte) {
	head := clipHead{Program: c.Program, Incomplete: c.Incomplete}
	if len(head.Program) > maxProgram {
		head.Program = ""
	}
	var body []byte
	if len(c.Files) == 0 {
		body = []byte(c.Text)
		if len(body) > MaxClip {
			body, head.Incomplete = bytes.ToValidUTF8(body[:MaxClip], nil), tooLarge
		}
	}
	for n, f := range c.Files {
		if n == MaxClipFiles || len(body)+len(f) >= MaxClip {
			head.Incomplete = tooLarge
			break
		}
		body = append(append(body, f...), 0)
	}
	head.Files, head.Size = len(c.Files) > 0, len(body)
	head.fit()
	return head, body
}

// maxHead bounds the head as it travels: within a request line.
const maxHead = maxRequest / 2

// fit leaves out of names what does not fit into the head: in JSON some
// characters take six bytes.
func (h *clipHead) fit() {
	fits := func() bool {
		line, err := json.Marshal(h)
		return err == nil && len(line) <= maxHead
	}
	if !fits() {
		h.Program = ""
	}
	if !fits() {
		h.File = h.File[strings.LastIndexAny(h.File, `/\`)+1:]
	}
	if !fits() {
		h.File = cut(h.File, maxHead/12)
	}
}

const tooLarge = "too-large"

// clip is the copy that the head and what followed it make.
func (h clipHead) clip(body []byte) Clip {
	c := Clip{Program: strings.ToValidUTF8(h.Program, "\uFFFD"), Incomplete: h.Incomplete}
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	if !h.Files {
		c.Text = text
		return c
	}
	for f := range strings.SplitSeq(strings.TrimSuffix(text, "\x00"), "\x00") {
		if len(c.Files) == MaxClipFiles {
			c.Incomplete = tooLarge
			break
		}
		c.Files = append(c.Files, f)
	}
	return c
}

// sound tells whether the head promises something that is taken.
func (h *clipHead) sound() bool {
	return h != nil && h.Size >= 0 && h.Size <= MaxClip && len(h.Program) <= maxProgram
}

// clip has a copy judged and hears what became of it. A person's copies are
// judged one at a time and so many a second; an error ends the connection.
func (s *Server) clip(ctx context.Context, conn net.Conn, in *bufio.Reader, caller Caller, head *clipHead) error {
	if s.Clip == nil || !head.sound() {
		s.answer(conn, reply{Error: codeRequest})
		return errors.New("not a copy that is taken")
	}
	verdict, err := s.judgeClip(ctx, conn, in, caller, head)
	return s.conclude(conn, in, caller, verdict, err)
}

// conclude answers what became of judging, and hears the end.
func (s *Server) conclude(conn net.Conn, in *bufio.Reader, caller Caller, verdict Verdict, err error) error {
	switch {
	case errors.Is(err, errJudging):
		s.Log.Error("a copy cannot be judged", "uid", caller.UID, "error", err)
		return s.answer(conn, reply{Error: codeFailed})
	case err != nil:
		if verdict.Done != nil {
			verdict.Done(false)
		}
		return err
	}
	cleared, err := s.follow(conn, in, verdict)
	if verdict.Done != nil {
		verdict.Done(cleared)
	}
	if err == nil && verdict.Clear {
		err = s.answer(conn, reply{Noted: true})
	}
	return err
}

// errJudging: it went wrong in the service, not on the way to it.
var errJudging = errors.New("judge a copy")

func (s *Server) judgeClip(ctx context.Context, conn net.Conn, in *bufio.Reader, caller Caller, head *clipHead) (Verdict, error) {
	leave, err := s.paces.enter(ctx, caller.UID)
	if err != nil {
		return Verdict{}, err
	}
	defer leave()
	conn.SetReadDeadline(time.Now().Add(patience))
	var body bytes.Buffer // grows with what comes, not with what is promised
	if n, err := io.CopyN(&body, in, int64(head.Size)); err != nil {
		return Verdict{}, fmt.Errorf("take a copy: %d bytes came: %w", n, err)
	}
	ctx, cancel := context.WithTimeout(ctx, clipJudging)
	defer cancel()
	verdict, err := s.Clip(ctx, caller, head.clip(body.Bytes()))
	if err != nil {
		return Verdict{}, fmt.Errorf("%w: %w", errJudging, err)
	}
	return verdict, nil
}

// follow gives the verdict and answers whether the helper says that the
// clipboard is cleared.
func (s *Server) follow(conn net.Conn, in *bufio.Reader, v Verdict) (cleared bool, err error) {
	if err := s.answer(conn, reply{Verdict: &v}); err != nil || !v.Clear {
		return false, err
	}
	req, err := readRequest(conn, in, clearing)
	if err != nil {
		return false, err
	}
	if req.Do != doCleared {
		s.answer(conn, reply{Error: codeRequest})
		return false, errors.New("something else than what became of the clipboard")
	}
	return req.Cleared, nil
}

// paces holds how fast people copy, by uid.
type paces struct {
	each int // a second and at once, clipsEach when 0

	mu  sync.Mutex
	uid map[int]*pace
}

func (p *paces) most() int { return cmp.Or(p.each, clipsEach) }

// pace is one person's.
type pace struct {
	limit *rate.Limiter
	turn  chan struct{} // holds a token while a copy is judged
	using int           // connections in or waiting
}

// enter waits for the person's turn; leave gives it to the next one.
func (p *paces) enter(ctx context.Context, uid int) (leave func(), err error) {
	mine := p.use(uid)
	select {
	case mine.turn <- struct{}{}:
	case <-ctx.Done():
		p.drop(mine)
		return nil, ctx.Err()
	}
	leave = func() { <-mine.turn; p.drop(mine) }
	if err := mine.limit.Wait(ctx); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

func (p *paces) use(uid int) *pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine, ok := p.uid[uid]
	if !ok {
		p.forget()
		mine = &pace{limit: rate.NewLimiter(rate.Limit(p.most()), p.most()), turn: make(chan struct{}, 1)}
		if p.uid == nil {
			p.uid = map[int]*pace{}
		}
		p.uid[uid] = mine
	}
	mine.using++
	return mine
}

// forget makes room by whoever has not copied lately. The lock is held.
func (p *paces) forget() {
	if len(p.uid) < maxPaces {
		return
	}
	for uid, other := range p.uid {
		if other.using == 0 && other.limit.Tokens() >= float64(p.most()) {
			delete(p.uid, uid)
		}
	}
}

func (p *paces) drop(mine *pace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine.using--
}

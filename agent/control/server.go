package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Server answers at the socket. Its fields are set before Serve and not
// changed afterwards. Notify and Withdraw may be called at any time, by any
// number of goroutines, also before Serve.
type Server struct {
	// Status answers how the service is doing. What only root may know is
	// left out by the server for everybody else.
	Status func(Caller) Status
	// Ask answers what somebody asks for themselves, with something that
	// becomes JSON; a Refusal is told to them, any other error is logged. Nil
	// answers nothing.
	Ask func(ctx context.Context, c Caller, about string, body json.RawMessage) (any, error)
	// Clip judges what somebody has put on the clipboard. Nil judges nothing.
	Clip func(ctx context.Context, c Caller, clip Clip) (Verdict, error)
	// ClipFile judges the content of a file that was copied. It reads all of it,
	// or answers an error. Nil judges no content.
	ClipFile func(ctx context.Context, c Caller, f ClipFile) (Verdict, error)
	Log      *slog.Logger

	mail      mailbox
	paces     paces
	filePaces paces // of their own: text never waits for a big file

	mu    sync.Mutex
	perID map[int]int // connections by uid
	users int         // connections of everybody but root
}

// Notify gives the notice to whoever is subscribed for the person and answers
// whether there was anybody. Otherwise it is kept for a while, for the next one
// who subscribes. It never waits.
func (s *Server) Notify(uid int, n Notice) (delivered bool) {
	if len(n.Body) > MaxNotice {
		s.Log.Error("notice too large, not shown", "notice", n.ID, "bytes", len(n.Body))
		return false
	}
	return s.mail.post(uid, n, time.Now())
}

// Present answers the account numbers of those whose session helper listens.
func (s *Server) Present() []int { return s.mail.present() }

// Withdraw takes a notice back that nobody has been given yet and answers
// whether it did.
func (s *Server) Withdraw(uid int, id string) bool { return s.mail.withdraw(uid, id) }

// Serve answers callers until the context ends, then closes every connection
// and returns nil. The listener is closed in any case.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.filePaces.each = filesEach
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept on the control socket: %w", err)
		default: // out of descriptors, most likely: others come free
			s.Log.Warn("cannot accept on the control socket", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		caller, err := peer(conn)
		if err != nil {
			s.Log.Warn("caller at the control socket is unknown", "error", err)
			conn.Close()
			continue
		}
		if !s.admit(caller) {
			s.answer(conn, reply{Error: codeBusy})
			conn.Close()
			continue
		}
		wg.Go(func() {
			defer s.leave(caller)
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			s.converse(ctx, conn, caller)
		})
	}
}

// admit counts the caller in, unless there are too many of them. Root has
// places of its own: an administrator can always look.
func (s *Server) admit(c Caller) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perID == nil {
		s.perID = map[int]int{}
	}
	limit := maxPerUID
	if c.Root() {
		limit = maxRoot
	}
	if s.perID[c.UID] >= limit || !c.Root() && s.users >= maxClients {
		return false
	}
	s.perID[c.UID]++
	if !c.Root() {
		s.users++
	}
	return true
}

func (s *Server) leave(c Caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perID[c.UID]--; s.perID[c.UID] == 0 {
		delete(s.perID, c.UID)
	}
	if !c.Root() {
		s.users--
	}
}

// converse answers one connection's requests. Whatever is wrong with one ends
// the connection.
func (s *Server) converse(ctx context.Context, conn net.Conn, caller Caller) {
	in := bufio.NewReaderSize(conn, maxRequest)
	begin := patience
	for {
		req, err := readRequest(conn, in, begin)
		if err != nil {
			if !hungUp(err) {
				s.answer(conn, reply{Error: codeRequest})
			}
			return
		}
		begin = idle
		switch req.Do {
		case doStatus:
			st := s.Status(caller).listed()
			if !caller.Root() {
				st = st.public()
			}
			if s.answer(conn, reply{Status: &st}) != nil {
				return
			}
		case doAsk:
			if s.ask(ctx, conn, caller, req) != nil {
				return
			}
		case doClip:
			if s.clip(ctx, conn, in, caller, req.Clip) != nil {
				return
			}
		case doClipFile:
			if s.clipFile(ctx, conn, in, caller, req.Clip) != nil {
				return
			}
		case doSubscribe:
			s.stream(ctx, conn, in, caller)
			return
		default:
			s.answer(conn, reply{Error: codeRequest})
			return
		}
	}
}

// ask has somebody's question answered.
func (s *Server) ask(ctx context.Context, conn net.Conn, caller Caller, req request) error {
	if s.Ask == nil {
		return s.answer(conn, reply{Error: codeRequest})
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	answered, err := s.Ask(ctx, caller, req.About, req.Body)
	var no Refusal
	switch {
	case errors.As(err, &no):
		return s.answer(conn, reply{Refused: no})
	case err != nil:
		s.Log.Error("cannot answer at the control socket", "about", req.About, "error", err)
		return s.answer(conn, reply{Error: codeFailed})
	}
	body, err := json.Marshal(answered)
	if err != nil || len(body) > maxReply-maxFrame {
		s.Log.Error("cannot answer at the control socket", "about", req.About, "bytes", len(body), "error", err)
		return s.answer(conn, reply{Error: codeFailed})
	}
	return s.answer(conn, reply{Answer: body})
}

// stream hands the caller the notices of their own uid until either side goes.
func (s *Server) stream(ctx context.Context, conn net.Conn, in *bufio.Reader, caller Caller) {
	sub := s.mail.subscribe(caller.UID, time.Now())
	defer func() { s.mail.unsubscribe(sub, time.Now()) }()
	if s.answer(conn, reply{Subscribed: true}) != nil {
		return
	}
	// A subscriber has nothing to say: anything read, an end included, is the end.
	gone := make(chan struct{})
	conn.SetReadDeadline(time.Time{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(gone)
		in.ReadByte()
	})
	defer wg.Wait()
	defer conn.Close()
	for {
		n, ok := s.mail.take(sub)
		if ok {
			if err := s.answer(conn, reply{Notice: &n}); err != nil {
				s.mail.putBack(sub, n)
				s.Log.Info("subscriber is stuck or gone", "uid", caller.UID, "pid", caller.PID, "error", err)
				return
			}
			continue
		}
		select {
		case <-sub.ready:
		case <-gone:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) answer(conn net.Conn, r reply) error {
	line, err := json.Marshal(r)
	if err != nil {
		s.Log.Error("cannot encode a reply", "error", err)
		return fmt.Errorf("encode reply: %w", err)
	}
	if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write reply: %w", err)
	}
	return nil
}

// readRequest waits for a request to begin, and from then on only so long for
// it to be complete: a caller who sends a byte now and then gets nowhere.
func readRequest(conn net.Conn, in *bufio.Reader, begin time.Duration) (request, error) {
	conn.SetReadDeadline(time.Now().Add(begin))
	if _, err := in.Peek(1); err != nil {
		return request{}, err
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	line, err := in.ReadSlice('\n')
	if err != nil {
		return request{}, err
	}
	return parseRequest(line)
}

func parseRequest(line []byte) (request, error) {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return request{}, fmt.Errorf("parse request: %w", err)
	}
	return r, nil
}

package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// The content of a copied file travels from whoever may read it, the helper in
// the person's own session: {"do":"clip-file","clip":{"file":"…","size":N,
// "more":true}} and N bytes, then {"do":"more","clip":{"size":N,"more":true}}
// and N bytes, until a part without more. What is answered, and what follows,
// is as for Clip. The service opens nothing that anybody names.

// MaxClipFile is how many bytes of one file are taken, FileArrives how long all
// its parts may take to come.
const (
	MaxClipFile = 64 << 20
	FileArrives = 75 * time.Second
)

const (
	maxPart   = 256 << 10 // bytes of one part
	maxPath   = 4 << 10   // bytes of a file's name and place
	filesEach = 200       // files of one person a second; more wait
)

// ClipFile is a file that a person has put on the clipboard.
type ClipFile struct {
	Path    string // where it lies, as the helper says: it tells people which one it is, and is never opened
	Program string // as of a Clip
	Content Content
}

// Content is what stands in a file, read once. The end may come before all of
// it was read.
type Content interface {
	io.Reader
	// Incomplete says, after the end, why this is not everything, as of a Clip;
	// "" when it is.
	Incomplete() string
}

// ClipFile has the content of a copied file judged; clear is as for Clip. An
// error that is ErrRefused may come from a service which knows only of names.
func (c *Client) ClipFile(ctx context.Context, f ClipFile, clear func(context.Context) bool) (Verdict, error) {
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	return c.judged(ctx, clear, func() (reply, error) { return c.sendFile(f) })
}

// sendFile sends all parts and reads the reply.
func (c *Client) sendFile(f ClipFile) (reply, error) {
	head := clipHead{Program: f.Program, File: cut(f.Path, maxPath)}
	if len(head.Program) > maxProgram {
		head.Program = ""
	}
	head.fit()
	do, room, buf := doClipFile, MaxClipFile, make([]byte, maxPart)
	for {
		n, err := io.ReadFull(f.Content, buf[:min(maxPart, room+1)])
		ended := err != nil
		if ended && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return reply{}, fmt.Errorf("read a copied file: %w", err)
		}
		if ended {
			head.Incomplete = f.Content.Incomplete()
		}
		if n > room {
			n, ended, head.Incomplete = room, true, tooLarge
		}
		room -= n
		head.Size, head.More = n, !ended
		if ended {
			return c.ask(request{Do: do, Clip: &head}, buf[:n], clipJudging+patience)
		}
		if err := c.tell(request{Do: do, Clip: &head}, buf[:n]); err != nil {
			return reply{}, err
		}
		do, head = doMore, clipHead{}
	}
}

// tell sends what is not answered, unless by an error.
func (c *Client) tell(q request, after []byte) error {
	line, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	c.conn.SetDeadline(time.Now().Add(clipJudging)) // it may wait for its turn
	if _, err := c.conn.Write(append(append(line, '\n'), after...)); err != nil {
		if _, rerr := c.read(); rerr != nil {
			return errors.Join(rerr, err)
		}
		return err
	}
	return nil
}

// cut answers the beginning of a text, valid UTF-8.
func cut(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// soundFile tells whether the head begins a file that is taken.
func (h *clipHead) soundFile() bool {
	return h != nil && h.soundPart() && len(h.Program) <= maxProgram && len(h.File) <= maxPath
}

// soundPart tells whether a part is one that is taken: one that promises more
// and brings nothing never ends.
func (h *clipHead) soundPart() bool {
	return h.Size >= 0 && h.Size <= maxPart && (h.Size > 0 || !h.More)
}

// clipFile has a file judged while it comes, and hears what became of it.
func (s *Server) clipFile(ctx context.Context, conn net.Conn, in *bufio.Reader, caller Caller, head *clipHead) error {
	if s.ClipFile == nil || !head.soundFile() {
		s.answer(conn, reply{Error: codeRequest})
		return errors.New("not a file that is taken")
	}
	verdict, err := s.judgeFile(ctx, conn, in, caller, head)
	if errors.Is(err, errNoPart) {
		s.answer(conn, reply{Error: codeRequest})
	}
	return s.conclude(conn, in, caller, verdict, err)
}

func (s *Server) judgeFile(ctx context.Context, conn net.Conn, in *bufio.Reader, caller Caller, head *clipHead) (Verdict, error) {
	leave, err := s.filePaces.enter(ctx, caller.UID)
	if err != nil {
		return Verdict{}, err
	}
	defer leave()
	p := &parts{conn: conn, in: in, head: *head, left: head.Size, room: MaxClipFile - head.Size, until: time.Now().Add(FileArrives)}
	ctx, cancel := context.WithTimeout(ctx, clipJudging)
	defer cancel()
	f := ClipFile{Path: strings.ToValidUTF8(head.File, "\uFFFD"), Program: strings.ToValidUTF8(head.Program, "\uFFFD"), Content: p}
	verdict, err := s.ClipFile(ctx, caller, f)
	switch {
	case p.err != nil:
		return Verdict{}, p.err
	case err != nil && p.ended():
		return Verdict{}, fmt.Errorf("%w: %w", errJudging, err)
	case err != nil:
		return Verdict{}, fmt.Errorf("a copied file was not taken: %w", err)
	case !p.ended(): // nobody knows what the next bytes are
		return verdict, errors.New("a copied file was judged by its beginning")
	}
	return verdict, nil
}

// errNoPart: what came is no part of the file that was announced.
var errNoPart = errors.New("not a part of a copied file")

// parts is the content of a file as it comes.
type parts struct {
	conn  net.Conn
	in    *bufio.Reader
	head  clipHead // of the part under way
	left  int      // bytes of it to come
	room  int      // bytes that may still be promised
	until time.Time
	err   error
}

func (p *parts) ended() bool { return p.err == nil && p.left == 0 && !p.head.More }

func (p *parts) Incomplete() string { return p.head.Incomplete }

func (p *parts) Read(b []byte) (int, error) {
	for p.err == nil && p.left == 0 {
		if !p.head.More {
			return 0, io.EOF
		}
		p.err = p.next()
	}
	if p.err != nil {
		return 0, p.err
	}
	p.conn.SetReadDeadline(p.deadline())
	n, err := p.in.Read(b[:min(len(b), p.left)])
	p.left -= n
	if err != nil {
		p.err = fmt.Errorf("take a copied file: %w", err)
	}
	return n, p.err
}

// deadline is when the caller must have gone on: a byte now and then is not
// enough.
func (p *parts) deadline() time.Time {
	if soon := time.Now().Add(patience); soon.Before(p.until) {
		return soon
	}
	return p.until
}

// next takes the head of the next part.
func (p *parts) next() error {
	req, err := readRequest(p.conn, p.in, time.Until(p.deadline()))
	switch {
	case err != nil && hungUp(err):
		return fmt.Errorf("take a copied file: %w", err)
	case err != nil || req.Do != doMore || req.Clip == nil || !req.Clip.soundPart() || req.Clip.Size > p.room:
		return errNoPart
	}
	p.head, p.left = *req.Clip, req.Clip.Size
	p.room -= p.left
	return nil
}

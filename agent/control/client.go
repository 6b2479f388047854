package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Client is a connection to the service. It is used by one goroutine at a time.
type Client struct {
	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to the service's socket and makes sure that it is the
// service's: run by root or by the calling person themselves. Errors are
// ErrNotRunning, ErrImpostor, errors.ErrUnsupported or what the system says.
func Dial(ctx context.Context, path string) (*Client, error) {
	conn, err := dial(ctx, path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("%w: nothing listens at %s", ErrNotRunning, path)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the service: %w", err)
	}
	server, err := peer(conn)
	if err == nil && !server.Root() && !trusts(server) {
		err = fmt.Errorf("%w: %s is served by uid %d", ErrImpostor, path, server.UID)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &Client{conn: conn, in: bufio.NewReader(conn)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Status asks how the service is doing.
func (c *Client) Status(ctx context.Context) (Status, error) {
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	r, err := c.ask(request{Do: doStatus}, nil, patience)
	if err == nil && r.Status == nil {
		err = errors.New("the service answered something else")
	}
	if err != nil {
		return Status{}, fmt.Errorf("ask for the status: %w", errors.Join(ctx.Err(), err))
	}
	return *r.Status, nil
}

// Subscribe calls show for every notice meant for the calling person, first
// those that were missed, one at a time, until the context ends (nil) or the
// service goes away (an error). Subscribed, when not nil, is called once the
// service has said yes.
func (c *Client) Subscribe(ctx context.Context, subscribed func(), show func(Notice)) error {
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	r, err := c.ask(request{Do: doSubscribe}, nil, patience)
	if err == nil && !r.Subscribed {
		err = errors.New("the service answered something else")
	}
	if err == nil && subscribed != nil {
		subscribed()
	}
	c.conn.SetReadDeadline(time.Time{})
	for err == nil {
		if r, err = c.read(); err == nil && r.Notice != nil {
			show(*r.Notice)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("take notices: %w", err)
}

// Ask asks the service for something and reads its answer into the value into
// points to; nil when there is none to read. A Refusal says why not.
func (c *Client) Ask(ctx context.Context, about string, body, into any) error {
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	asked, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	r, err := c.ask(request{Do: doAsk, About: about, Body: asked}, nil, askPatience)
	switch {
	case err != nil:
		return fmt.Errorf("ask the service: %w", errors.Join(ctx.Err(), err))
	case r.Refused != "":
		return r.Refused
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(r.Answer, into); err != nil {
		return errors.New("ask the service: it answered something else")
	}
	return nil
}

// ask sends a request, with what follows its line, and reads the reply.
func (c *Client) ask(q request, after []byte, within time.Duration) (reply, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return reply{}, fmt.Errorf("encode request: %w", err)
	}
	if len(line) >= maxRequest {
		return reply{}, fmt.Errorf("%w: it is larger than %d bytes", ErrRefused, maxRequest)
	}
	c.conn.SetDeadline(time.Now().Add(within))
	if _, err := c.conn.Write(append(append(line, '\n'), after...)); err != nil {
		// The service may have said why before it hung up.
		if r, rerr := c.read(); rerr != nil {
			return r, errors.Join(rerr, err)
		}
		return reply{}, err
	}
	return c.read()
}

func (c *Client) read() (reply, error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		switch line = append(line, part...); {
		case len(line) > maxReply:
			return reply{}, fmt.Errorf("reply is larger than %d bytes", maxReply)
		case err == nil:
			return parseReply(line)
		case !errors.Is(err, bufio.ErrBufferFull):
			return reply{}, err
		}
	}
}

func parseReply(line []byte) (reply, error) {
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		return reply{}, fmt.Errorf("parse reply: %w", err)
	}
	switch r.Error {
	case "":
		return r, nil
	case codeBusy:
		return reply{}, ErrBusy
	case codeFailed:
		return reply{}, ErrFailed
	default:
		return reply{}, fmt.Errorf("%w: %.40q", ErrRefused, r.Error)
	}
}

// hungUp tells an end of the connection from a caller who says nonsense.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

package uploader

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/uploader/incident"
)

// Config says which console to talk to, and as whom.
type Config struct {
	URL string // https://host:port
	// Pin is sha256//BASE64 of the console's public key; "" means that the
	// system's authorities vouch for it.
	Pin string
	// Token answers the token that opens the console; asked before every
	// request, so that a new one is used at once.
	Token func() (string, error)
	// Version is the agent's own, told to the console.
	Version string
}

// Bounds on every exchange.
const (
	requestPatience = 60 * time.Second // one request, from dialling to the last byte of the answer
	connectPatience = 10 * time.Second
	maxAnswer       = 1 << 20 // bytes
)

// Client asks the console. It tries once and answers what came of it; when to
// try again is the caller's business. It may be used by any number of
// goroutines at once.
type Client struct {
	base    *url.URL
	token   func() (string, error)
	agent   string
	http    *http.Client
	encoder *zstd.Encoder
}

// NewClient checks the configuration; it does not connect.
func NewClient(c Config) (*Client, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Scheme != "https" || base.Host == "" || base.User != nil {
		return nil, errors.New("console.url: needs an address such as https://console.example:8443")
	}
	trust, err := tlsConfig(c.Pin)
	if err != nil {
		return nil, err
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: connectPatience, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        trust,
		TLSHandshakeTimeout:    connectPatience,
		ResponseHeaderTimeout:  requestPatience,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           2,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // answers are small; nothing to unpack, nothing to bomb
	}
	return &Client{
		base: base, token: c.Token, agent: "trustline/" + c.Version, encoder: encoder,
		http: &http.Client{
			Transport: transport,
			Timeout:   requestPatience,
			// A token goes to the console it was made for and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// StatusError is an answer of the console other than "stored".
type StatusError struct {
	Code       int           // HTTP status
	RetryAfter time.Duration // 0 when the console asked for none
}

func (e *StatusError) Error() string {
	text := "the console answered " + strconv.Itoa(e.Code) + " " + http.StatusText(e.Code)
	switch {
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusForbidden:
		return text + ": the token is wrong or expired; make a new one on the console and put it into the file console.token-file names"
	case e.Code >= 300 && e.Code < 400 || e.Code == http.StatusNotFound:
		return text + ": is console.url right?"
	}
	return text
}

// errAnswer: the console said yes, but in words this version cannot read, or
// not to the end. What it stored is not known; sending again is safe.
var errAnswer = errors.New("the console's answer could not be read")

// Send gives a batch to the console and answers which records it stored and
// which it refused. After an error it may have stored all, some or none.
func (c *Client) Send(ctx context.Context, batch []incident.Incident) (incident.IngestReply, error) {
	reply, _, err := c.send(ctx, batch)
	return reply, err
}

// Probe sends an empty batch, which only a console that knows the token takes,
// and answers what its clock showed, in UTC.
func (c *Client) Probe(ctx context.Context) (time.Time, error) {
	_, date, err := c.send(ctx, nil)
	return date, err
}

func (c *Client) send(ctx context.Context, batch []incident.Incident) (reply incident.IngestReply, date time.Time, err error) {
	var lines bytes.Buffer
	for n := range batch {
		if err := json.NewEncoder(&lines).Encode(&batch[n]); err != nil {
			return reply, date, fmt.Errorf("encode incidents: %w", err)
		}
	}
	date, err = c.post(ctx, incident.IngestPath, c.encoder.EncodeAll(lines.Bytes(), nil), map[string]string{
		"Content-Type":     incident.IngestType,
		"Content-Encoding": "zstd",
	}, &reply)
	if err != nil {
		return incident.IngestReply{}, date, fmt.Errorf("send incidents: %w", err)
	}
	return reply, date, nil
}

// Beat tells the console that this machine is alive and how it is.
func (c *Client) Beat(ctx context.Context, h incident.Heartbeat) error {
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode heartbeat: %w", err)
	}
	if _, err := c.post(ctx, incident.HeartbeatPath, body, map[string]string{"Content-Type": "application/json"}, nil); err != nil {
		return fmt.Errorf("send heartbeat: %w", err)
	}
	return nil
}

// post sends a body, reads the answer into reply unless that is nil, and
// answers the console's clock, zero where it did not say.
func (c *Client) post(ctx context.Context, path string, body []byte, header map[string]string, reply any) (date time.Time, err error) {
	token, err := c.token()
	if err != nil {
		return date, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return date, fmt.Errorf("prepare request: %w", err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", c.agent)
	res, err := c.http.Do(req)
	if err != nil {
		return date, err
	}
	defer res.Body.Close()
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		date = at.UTC()
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent:
		return date, refusal(res, date)
	case err != nil:
		return date, fmt.Errorf("%w: %w", errAnswer, err)
	case len(answer) > maxAnswer:
		return date, fmt.Errorf("%w: longer than %d bytes", errAnswer, maxAnswer)
	case reply == nil:
		return date, nil
	}
	if err := json.Unmarshal(answer, reply); err != nil {
		return date, fmt.Errorf("%w: not JSON", errAnswer)
	}
	return date, nil
}

// refusal reads what the console asks for. Retry-After is seconds or a date
// (RFC 9110, section 10.2.3); a date is held against the console's own clock.
func refusal(res *http.Response, now time.Time) error {
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
	return e
}

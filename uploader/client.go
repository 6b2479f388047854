package uploader

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// Config says which console to talk to, and as whom.
type Config struct {
	URL string // https://host:port
	// Pin is sha256//BASE64 of the console's public key; "" means that the
	// system's authorities vouch for it.
	Pin string
	// Certificate answers what this machine shows, or why it has nothing to
	// show; asked before every request and whenever it connects.
	Certificate func() (*tls.Certificate, error)
	// Refused is told when the console does not take the certificate; may be nil.
	Refused func(enrol.Code)
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
	base        *url.URL
	certificate func() (*tls.Certificate, error)
	refused     func(enrol.Code)
	agent       string
	http        *http.Client
	waiting     *http.Client // for requests that the console may keep waiting
	long        *http.Client // for answers that take long to read
	encoder     *zstd.Encoder

	mu   sync.Mutex
	open context.Context // of requests that wait, until shut
	shut context.CancelFunc
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
	trust.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if cert, err := c.Certificate(); err == nil {
			return cert, nil
		}
		// None to show: one who enrols has none, and others do not get here.
		return &tls.Certificate{}, nil
	}
	if c.Refused == nil {
		c.Refused = func(enrol.Code) {}
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
	// One connection of its own, which ends with the request on it.
	slow := transport.Clone()
	slow.ForceAttemptHTTP2, slow.MaxIdleConns, slow.ResponseHeaderTimeout = false, 1, ordersPatience
	// The copy would offer HTTP/2 all the same, and then not understand it.
	slow.TLSClientConfig, slow.TLSNextProto = trust.Clone(), map[string]func(string, *tls.Conn) http.RoundTripper{}
	slow.TLSClientConfig.NextProtos = []string{"http/1.1"}
	// What is sent is for the configured console and nobody else.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &Client{
		base: base, certificate: c.Certificate, refused: c.Refused, agent: "trustline/" + c.Version, encoder: encoder,
		http:    &http.Client{Transport: transport, Timeout: requestPatience, CheckRedirect: stay},
		waiting: &http.Client{Transport: slow, CheckRedirect: stay},
		long:    &http.Client{Transport: transport, CheckRedirect: stay},
	}
	client.open, client.shut = context.WithCancel(context.Background())
	return client, nil
}

// Close lets go of idle connections and breaks off what waits for orders; later
// requests connect anew, with the certificate there is then.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	c.waiting.CloseIdleConnections()
	c.breakOff()
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

// Probe sends an empty batch, which only a console that knows this machine
// takes, and answers what its clock showed, in UTC.
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

// post sends a body as this machine, reads the answer into reply unless that is
// nil, and answers the console's clock, zero where it did not say.
func (c *Client) post(ctx context.Context, path string, body []byte, header map[string]string, reply any) (date time.Time, err error) {
	if _, err := c.certificate(); err != nil {
		return date, err
	}
	answer, date, err := c.exchange(ctx, path, body, header)
	if err != nil || reply == nil {
		return date, err
	}
	if err := json.Unmarshal(answer, reply); err != nil {
		return date, fmt.Errorf("%w: not JSON", errAnswer)
	}
	return date, nil
}

// exchange sends a body and answers what came back when the console took it.
func (c *Client) exchange(ctx context.Context, path string, body []byte, header map[string]string) (answer []byte, date time.Time, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, date, fmt.Errorf("prepare request: %w", err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	req.Header.Set("User-Agent", c.agent)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, date, err
	}
	defer res.Body.Close()
	return c.read(res, maxAnswer)
}

// read answers the body of an answer by which the console says yes.
func (c *Client) read(res *http.Response, most int64) (answer []byte, date time.Time, err error) {
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		date = at.UTC()
	}
	answer, err = io.ReadAll(io.LimitReader(res.Body, most+1))
	switch {
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent:
		e := refusal(res, answer, date)
		if e.aboutCertificate() {
			// There may be a newer one: it is shown on a new connection only.
			c.Close()
			c.refused(e.Reason)
		}
		return nil, date, e
	case err != nil:
		return nil, date, fmt.Errorf("%w: %w", errAnswer, err)
	case int64(len(answer)) > most:
		return nil, date, fmt.Errorf("%w: longer than %d bytes", errAnswer, most)
	}
	return answer, date, nil
}

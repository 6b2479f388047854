package employee

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/uploader/incident"
)

// stub answers as the service does, and keeps what it was asked.
type stub struct {
	mu      sync.Mutex
	list    []cases.Case
	company cases.Company
	masking string // the policy that copies are masked with
	sent    cases.Sent
	refuse  map[string]error // by question
	asked   []asked
}

type asked struct {
	about string
	body  json.RawMessage
}

func (s *stub) Ask(_ context.Context, about string, body, into any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if about != cases.AskList && about != cases.AskCompany && about != cases.AskMasking {
		s.asked = append(s.asked, asked{about, text})
	}
	if err := s.refuse[about]; err != nil {
		return err
	}
	var answer any
	switch about {
	case cases.AskList:
		answer = cases.List{Cases: s.list}
	case cases.AskCompany:
		answer = s.company
	case cases.AskMasking:
		answer = cases.Masking{Policy: s.masking}
	case cases.AskRequest, cases.AskMistake, cases.AskJustify, cases.AskSilence, cases.AskMasked, cases.AskCode:
		answer = s.sent
	default:
		return fmt.Errorf("nobody asks about %q", about)
	}
	if text, err = json.Marshal(answer); err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// questions answers what was asked but lists, and forgets it.
func (s *stub) questions() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.asked
	s.asked = nil
	return q
}

func (s *stub) refuses(about string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = map[string]error{about: err}
}

var _ Service = (*control.Client)(nil)

const firstCase = "019a0000-0000-7000-8000-000000000001"

// stopped is a customer list that was stopped, with every way on.
func stopped(id, file string) cases.Case {
	return cases.Case{
		Notice: prompt.Notice{
			ID: id, Time: time.Now().UTC(), Action: "block", Outcome: "prevented", Reason: "class",
			Channel: "removable-media", Operation: "write", Rule: "no-customer-list-on-removable-media",
			Words: prompt.Words{Title: map[string]string{"en": "Customer lists do not go to removable media", "zh": "客户名单不得复制到移动存储介质"}},
			File:  file, Medium: "SanDisk Ultra (BACKUP)", People: 500,
			Classes: []string{"person-name", "cn-mobile"}, Samples: []string{"张*", "138****1234"},
			EmployeeMay: []string{"masked-copy", "request-approval", "not-customer-data", "justify"},
		},
		Matches: []incident.Match{
			{Class: "person-name", Masked: "张*", Location: "line 2"},
			{Class: "cn-mobile", Masked: "138****1234", Location: "line 2"},
		},
		Channel: "removable-media", Destination: "usb-0781-5581", Place: "SanDisk Ultra (BACKUP)",
		Classes: []string{"cn-mobile", "person-name"}, People: 500,
	}
}

// running is a page that is served until the test ends.
type running struct {
	*Page
	stub  *stub
	stop  func()
	clock *clock
}

// clock can be put forward.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}

func start(t *testing.T, language string, change ...func(*Options)) *running {
	t.Helper()
	s := &stub{list: []cases.Case{stopped(firstCase, "客户名单.csv")}}
	o := Options{
		Service: s, Language: language, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Mask: func(context.Context, string, string, string) error { t.Error("nothing was to be masked"); return nil },
	}
	for _, c := range change {
		c(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Page: p, stub: s, clock: &clock{}}
	p.entrance.now = r.clock.now
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *running) link(t *testing.T, id, way string) string {
	t.Helper()
	l, err := r.Link(id, way)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// visitor is a browser as far as cookies go.
type visitor struct {
	t       *testing.T
	client  *http.Client
	address string
}

// stranger has no session.
func stranger(t *testing.T, link string) *visitor {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t: t, client: &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second}, address: u.Host}
}

// visit comes in by a link, and answers the page it leads to.
func (r *running) visit(t *testing.T, id, way string) (*visitor, answer) {
	t.Helper()
	l := r.link(t, id, way)
	v := stranger(t, l)
	return v, v.do(v.request(http.MethodGet, l, ""))
}

type answer struct {
	status int
	header http.Header
	body   string
	at     string // path and query of the page it ended on
}

func (v *visitor) request(method, target, body string, change ...func(*http.Request)) *http.Request {
	v.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = "http://" + v.address + target
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://"+v.address)
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func (v *visitor) do(r *http.Request) answer {
	v.t.Helper()
	res, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body), res.Request.URL.RequestURI()}
}

func (v *visitor) get(path string) answer { return v.do(v.request(http.MethodGet, path, "")) }

// hidden are the fields of a form that say where it comes from.
var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]+)">`)

// form answers the hidden fields of a page with others added.
func (a answer) form(more ...string) url.Values {
	f := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(a.body, -1) {
		f.Set(m[1], m[2])
	}
	for pair := range slices.Chunk(more, 2) {
		f.Set(pair[0], pair[1])
	}
	return f
}

func (v *visitor) send(path string, form url.Values, change ...func(*http.Request)) answer {
	v.t.Helper()
	return v.do(v.request(http.MethodPost, path, form.Encode(), change...))
}

func contains(t *testing.T, a answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s (%d) does not say %q:\n%s", a.at, a.status, text, bytes.TrimSpace([]byte(a.body)))
		}
	}
}

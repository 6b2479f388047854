package uploader

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
	"github.com/trustline/trustline/uploader/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fast is a pace for tests.
var fast = Pace{First: 4 * time.Millisecond, Most: 20 * time.Millisecond, MostAsked: 50 * time.Millisecond, Beat: 20 * time.Millisecond}

// safeBuffer is a log that may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// trial is an uploader under way between a real spool and a console.
type trial struct {
	*Uploader
	spool *spool.Spool
	log   *safeBuffer
}

func startTrial(t testing.TB, pace Pace, client *Client) *trial {
	t.Helper()
	tr := newTrial(t, pace, client)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- tr.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run answered %v", err)
		}
	})
	return tr
}

// newTrial is one that does not run.
func newTrial(t testing.TB, pace Pace, client *Client) *trial {
	t.Helper()
	dir := t.TempDir()
	key, err := spool.LoadKey(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{log: &safeBuffer{}}
	log := slog.New(slog.NewTextHandler(tr.log, nil))
	machine := incident.Machine{ID: machineName, Name: "pc", OS: "linux"}
	tr.spool, err = spool.Open(filepath.Join(dir, "spool"), key, machine, spool.Limits{}, log)
	if err != nil {
		t.Fatal(err)
	}
	vitals := func() incident.Heartbeat {
		return incident.Heartbeat{Schema: incident.SchemaVersion, Time: time.Now().UTC(), Machine: machine, Version: "1", Waiting: tr.spool.Depth().Records}
	}
	tr.Uploader = New(tr.spool, client, vitals, pace, log)
	t.Cleanup(func() {
		client.Close()
		tr.spool.Close()
	})
	return tr
}

func (tr *trial) put(t testing.TB, n int) {
	t.Helper()
	for k := range n {
		if err := tr.spool.Put(t.Context(), newIncident(t, incident.High, strconv.Itoa(k))); err != nil {
			t.Fatal(err)
		}
	}
}

func (tr *trial) empty() bool { return tr.spool.Depth().Records == 0 }

func TestIncidentsAndHeartbeatsArrive(t *testing.T) {
	console := startConsole(t)
	tr := startTrial(t, fast, newClient(t, console.URL, console.pin()))
	tr.put(t, 30)
	within(t, time.Minute, "everything sent", tr.empty)
	within(t, time.Minute, "heartbeats", func() bool { _, _, _, beats := console.count(); return beats > 2 })
	stored, _, again, _ := console.count()
	if stored != 30 || again != 0 {
		t.Errorf("%d stored, %d sent again", stored, again)
	}
	if s := tr.State(); !s.Connected || s.LastError != "" || time.Since(s.LastContact) > time.Minute {
		t.Errorf("state %+v", s)
	}
	if h := console.beats[0]; h.Machine.ID != machineName || h.Version != "1" {
		t.Errorf("heartbeat %+v", h)
	}
}

func TestWhatWaitsIsSentBeforeTheEnd(t *testing.T) {
	console := startConsole(t)
	tr := newTrial(t, fast, newClient(t, console.URL, console.pin()))
	tr.put(t, incident.MaxBatch+3)
	if err := tr.Drain(t.Context()); err != nil || !tr.empty() {
		t.Errorf("%d wait (%v)", tr.spool.Depth().Records, err)
	}
	if stored, _, _, _ := console.count(); stored != incident.MaxBatch+3 {
		t.Errorf("%d stored", stored)
	}
	tr.put(t, 1)
	console.Close()
	if err := tr.Drain(t.Context()); err == nil || tr.empty() {
		t.Errorf("without a console: %v, %d wait", err, tr.spool.Depth().Records)
	}
}

// TestChaos is a list of ways the way to the console goes wrong; after each,
// every incident is stored exactly once and the spool is empty.
func TestChaos(t *testing.T) {
	early := func(until, code int, header ...string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, nth int) bool {
			if nth > until {
				return false
			}
			if len(header) == 2 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	for _, c := range []struct {
		what          string
		before, after func(http.ResponseWriter, *http.Request, int) bool
		resent        bool // some are sent again after they were stored
		says          string
	}{
		{"errors for a while", early(5, 500), nil, false, "500"},
		{"too busy", early(3, 429, "Retry-After", "1"), nil, false, "429"},
		{"certificate run out, then renewed", func(w http.ResponseWriter, _ *http.Request, nth int) bool {
			if nth > 4 {
				return false
			}
			w.WriteHeader(401)
			json.NewEncoder(w).Encode(enrol.Refusal{Code: enrol.Expired})
			return true
		}, nil, false, "has run out"},
		{"behind a portal that answers with pages", func(w http.ResponseWriter, _ *http.Request, nth int) bool {
			if nth > 3 {
				return false
			}
			w.Write([]byte("<html>please log in</html>"))
			return true
		}, nil, false, "could not be read"},
		{"stored, then cut before the answer", nil, func(http.ResponseWriter, *http.Request, int) bool { panic(http.ErrAbortHandler) }, true, ""},
		{"stored, then cut within the answer", nil, cut, true, "could not be read"},
		{"stored, then an error", nil, func(w http.ResponseWriter, _ *http.Request, _ int) bool { w.WriteHeader(502); return true }, true, "502"},
		{"stored, and the answer leaves some out", nil, func(w http.ResponseWriter, _ *http.Request, _ int) bool { w.Write([]byte("{}")); return true }, true, "says nothing about"},
	} {
		t.Run(c.what, func(t *testing.T) {
			console := startConsole(t)
			console.before = c.before
			if c.after != nil {
				console.after = func(w http.ResponseWriter, r *http.Request, nth int) bool { return nth <= 3 && c.after(w, r, nth) }
			}
			tr := startTrial(t, fast, newClient(t, console.URL, console.pin()))
			tr.put(t, 20)
			within(t, time.Minute, "everything sent", tr.empty)
			stored, _, again, _ := console.count()
			if stored != 20 {
				t.Errorf("%d stored, want 20", stored)
			}
			if c.resent != (again > 0) {
				t.Errorf("%d sent again", again)
			}
			within(t, time.Minute, "a line that all is well again", func() bool { return strings.Contains(tr.log.String(), "reached again") })
			if said := tr.log.String(); !strings.Contains(said, c.says) {
				t.Errorf("log: %s", said)
			}
		})
	}
}

// TestARecordOfAnotherMachineHoldsNothingUp: it is what a machine sends whose
// id was made anew while incidents waited.
func TestARecordOfAnotherMachineHoldsNothingUp(t *testing.T) {
	console := startConsole(t)
	console.alien = "m-before"
	tr := startTrial(t, fast, newClient(t, console.URL, console.pin()))
	old := newIncident(t, incident.High, "old")
	old.Machine.ID = console.alien
	if err := tr.spool.Put(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	tr.put(t, 20)
	// With the machine's own word that a record was refused.
	within(t, time.Minute, "everything else sent", func() bool { stored, _, _, _ := console.count(); return stored == 21 && tr.empty() })
	console.mu.Lock()
	defer console.mu.Unlock()
	if _, there := console.stored[old.ID]; there {
		t.Error("the other machine's record was stored")
	}
}

func TestNetworkThatCutsEveryConnection(t *testing.T) {
	console := startConsole(t)
	var cuts atomic.Int64
	r := rand.New(rand.NewPCG(1, 2))
	p := startProxy(t, console.Listener.Addr().String(), func() int64 {
		if cuts.Add(1) > 60 {
			return 1 << 40
		}
		return r.Int64N(6000)
	})
	tr := startTrial(t, fast, newClient(t, "https://"+p.Addr().String(), console.pin()))
	tr.put(t, 300)
	within(t, 60*time.Second, "everything sent", tr.empty)
	stored, asked, again, _ := console.count()
	if stored != 300 {
		t.Errorf("%d stored, want 300", stored)
	}
	t.Logf("%d connections, %d batches, %d incidents sent again", cuts.Load(), asked, again)
}

func TestConsoleAwayForLong(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	console := startConsole(t)
	tr := startTrial(t, fast, newClient(t, "https://"+addr, console.pin()))
	tr.put(t, 50)
	within(t, time.Minute, "some failures", func() bool { tr.mu.Lock(); defer tr.mu.Unlock(); return tr.sending.failed > 5 })
	if s := tr.State(); s.Connected || !s.LastContact.IsZero() || !strings.Contains(s.LastError, "refused") {
		t.Errorf("state %+v", s)
	}
	if n := strings.Count(tr.log.String(), "with=incidents"); n != 1 {
		t.Errorf("%d log lines for one repeated failure: %s", n, tr.log)
	}
	back, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	go func() {
		for {
			conn, err := back.Accept()
			if err != nil {
				return
			}
			go (&proxy{to: console.Listener.Addr().String(), left: func() int64 { return 1 << 40 }}).pass(conn)
		}
	}()
	within(t, time.Minute, "everything sent", tr.empty)
	if stored, _, again, _ := console.count(); stored != 50 || again != 0 {
		t.Errorf("%d stored, %d again", stored, again)
	}
}

func TestRefusedOnesAreSetAsideAndReported(t *testing.T) {
	for _, reason := range []string{"invalid", "unreadable"} { // named by id, named by line
		t.Run(reason, func(t *testing.T) {
			console := startConsole(t)
			console.refuse = func(i incident.Incident) string {
				if i.File.Name == "7" {
					return reason
				}
				return ""
			}
			tr := startTrial(t, fast, newClient(t, console.URL, console.pin()))
			tr.put(t, 10)
			within(t, time.Minute, "everything settled", tr.empty)
			within(t, time.Minute, "the report", func() bool { stored, _, _, _ := console.count(); return stored == 10 })
			for _, i := range console.stored {
				if i.Kind == incident.Agent && (i.Code != spool.CodeRefused || i.Detail["reason"] != reason || i.Detail["records"] != "1") {
					t.Errorf("%+v", i)
				}
				if i.File.Name == "7" {
					t.Error("the refused one was stored")
				}
			}
		})
	}
}

func TestOneThatBreaksTheConsoleDoesNotHoldUpTheRest(t *testing.T) {
	console := startConsole(t)
	console.refuse = func(i incident.Incident) string {
		if i.File.Name == "7" {
			panic(http.ErrAbortHandler)
		}
		return ""
	}
	// A console that answers 400 to a whole batch because of one line in it.
	inner := console.Config.Handler
	console.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusBadRequest)
			}
		}()
		inner.ServeHTTP(w, r)
	})
	tr := startTrial(t, fast, newClient(t, console.URL, console.pin()))
	tr.put(t, 40)
	within(t, time.Minute, "everything settled", tr.empty)
	if stored, _, _, _ := console.count(); stored != 40 { // 39 and the report
		t.Errorf("%d stored", stored)
	}
}

func TestConsoleThatRefusesEverythingDoesNotEmptyTheSpool(t *testing.T) {
	console := startConsole(t)
	inner := console.Config.Handler
	var broken atomic.Bool
	broken.Store(true)
	console.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		inner.ServeHTTP(w, r)
	})
	tr := startTrial(t, fast, newClient(t, console.URL, console.pin()))
	tr.put(t, 10)
	within(t, time.Minute, "failures", func() bool { tr.mu.Lock(); defer tr.mu.Unlock(); return tr.sending.failed > 5 })
	if n := tr.spool.Depth().Records; n != 10 {
		t.Errorf("%d wait, want 10", n)
	}
	broken.Store(false)
	within(t, time.Minute, "everything sent", tr.empty)
	if stored, _, _, _ := console.count(); stored != 10 {
		t.Errorf("%d stored", stored)
	}
}

func TestPauseIsAsAskedWithinReasonAndNeverTheSame(t *testing.T) {
	u := &Uploader{pace: DefaultPace()}
	for _, c := range []struct{ asked, random, want time.Duration }{
		{0, 3 * time.Second, 3 * time.Second},
		{20 * time.Second, 3 * time.Second, 23 * time.Second},
		{48 * time.Hour, 3 * time.Second, 15*time.Minute + 3*time.Second},
	} {
		if got := u.pause(c.random, &StatusError{Code: 429, RetryAfter: c.asked}); got != c.want {
			t.Errorf("asked %s: %s, want %s", c.asked, got, c.want)
		}
	}
}

func TestBatchFits(t *testing.T) {
	big := newIncident(t, incident.High, "a")
	for range incident.MaxMatches {
		big.Content.Matches = append(big.Content.Matches, incident.Match{Class: "c", Masked: strings.Repeat("*", 900)})
	}
	list := make([]incident.Incident, incident.MaxBatch)
	for n := range list {
		list[n] = big
	}
	if n := fit(list); n < 100 || n > 200 {
		t.Errorf("%d of 48 KB each in a batch of %d bytes", n, incident.MaxBatchBytes)
	}
	if n := fit(list[:1]); n != 1 {
		t.Error("one always fits")
	}
}

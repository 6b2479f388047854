package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// judged collects what the server's hook was given and how it ended.
type judged struct {
	mu    sync.Mutex
	by    []Caller
	clips []Clip
	ends  []bool
}

func (j *judged) with(v Verdict) func(context.Context, Caller, Clip) (Verdict, error) {
	return func(_ context.Context, by Caller, c Clip) (Verdict, error) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.by, j.clips = append(j.by, by), append(j.clips, c)
		v.Done = func(cleared bool) {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.ends = append(j.ends, cleared)
		}
		return v, nil
	}
}

// ended waits until so many copies have come to an end.
func (j *judged) ended(t *testing.T, want ...bool) {
	t.Helper()
	var got []bool
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		j.mu.Lock()
		got = slices.Clone(j.ends)
		j.mu.Unlock()
		if len(got) >= len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("ended %v, want %v", got, want)
	}
}

var block = Verdict{Action: "block", Incident: "i", Clear: true}

func never(context.Context) bool { panic("nothing was to be cleared") }

func TestCopyIsJudgedAndItsEndHeard(t *testing.T) {
	s, path := start(t)
	var j judged
	s.Clip = j.with(block)
	c := connect(t, path)
	for _, gone := range []bool{true, false, true} { // over one connection
		v, err := c.Clip(t.Context(), Clip{Text: "甲\x00\n<b>", Program: "/usr/bin/x"}, func(context.Context) bool { return gone })
		if err != nil || v.Action != "block" || v.Incident != "i" || !v.Clear {
			t.Fatalf("answered %+v, %v", v, err)
		}
	}
	j.ended(t, true, false, true)
	if got := j.clips[0]; got.Text != "甲\x00\n<b>" || got.Program != "/usr/bin/x" || got.Incomplete != "" || got.Files != nil {
		t.Errorf("judged %+v", got)
	}
	s.Clip = j.with(Verdict{Action: "allow"})
	files := []string{"/home/a/b c.csv", "/x\ny"}
	if v, err := c.Clip(t.Context(), Clip{Files: files}, never); err != nil || v.Action != "allow" || v.Clear {
		t.Errorf("answered %+v, %v", v, err)
	}
	if got := j.clips[3]; !slices.Equal(got.Files, files) || got.Text != "" {
		t.Errorf("judged %+v", got)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Error("the connection is of no more use:", err)
	}
}

func TestCopyBeyondTheBoundsIsCutAndSaid(t *testing.T) {
	s, path := start(t)
	var j judged
	s.Clip = j.with(Verdict{Action: "allow"})
	c := connect(t, path)
	text := strings.Repeat("字", MaxClip/3+10)
	var files []string
	for n := range 3 * MaxClipFiles {
		files = append(files, fmt.Sprintf("/%d", n))
	}
	for _, clip := range []Clip{{Text: text}, {Files: files}, {Text: "short", Incomplete: "timed-out"}} {
		if _, err := c.Clip(t.Context(), clip, never); err != nil {
			t.Fatal(err)
		}
	}
	if got := j.clips[0]; got.Incomplete != "too-large" || len(got.Text) > MaxClip || !strings.HasPrefix(text, got.Text) || len(got.Text) < MaxClip-3 {
		t.Errorf("of the long text %d bytes came, incomplete %q", len(got.Text), got.Incomplete)
	}
	if got := j.clips[1]; got.Incomplete != "too-large" || !slices.Equal(got.Files, files[:MaxClipFiles]) {
		t.Errorf("of the files %d came, incomplete %q", len(got.Files), got.Incomplete)
	}
	if got := j.clips[2]; got.Incomplete != "timed-out" || got.Text != "short" {
		t.Errorf("judged %+v", got)
	}
}

func TestCopyIsTheCallersWhateverTheyClaim(t *testing.T) {
	needRoot(t)
	s, path := start(t)
	var j judged
	s.Clip = j.with(Verdict{Action: "allow"})
	var conn net.Conn
	as(t, nobody, func() { conn, _ = net.Dial("unix", path) })
	defer conn.Close()
	fmt.Fprint(conn, `{"do":"clip","uid":0,"clip":{"size":4,"uid":0,"UID":0,"user":"root"}}`+"\nabcd")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, `"allow"`) {
		t.Fatalf("answered %q, %v", line, err)
	}
	if len(j.by) != 1 || j.by[0].UID != nobody {
		t.Errorf("judged as %+v", j.by)
	}
}

func TestCopyOutOfBoundsIsRefused(t *testing.T) {
	s, path := start(t)
	var j judged
	s.Clip = j.with(block)
	for name, line := range map[string]string{
		"oversized":      fmt.Sprintf(`{"do":"clip","clip":{"size":%d}}`, MaxClip+1),
		"huge":           `{"do":"clip","clip":{"size":9223372036854775807}}`,
		"beyond numbers": `{"do":"clip","clip":{"size":1e400}}`,
		"negative":       `{"do":"clip","clip":{"size":-1}}`,
		"no head":        `{"do":"clip"}`,
		"long program":   `{"do":"clip","clip":{"size":0,"program":"` + strings.Repeat("x", maxProgram+1) + `"}}`,
		"out of the air": `{"do":"cleared","cleared":true}`,
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		fmt.Fprintln(conn, line)
		in := bufio.NewReader(conn)
		if got, err := in.ReadString('\n'); err != nil || got != `{"error":"bad-request"}`+"\n" {
			t.Errorf("%s: answered %q, %v", name, got, err)
		}
		if _, err := in.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection was left open", name)
		}
		conn.Close()
	}
	if len(j.clips) != 0 {
		t.Errorf("%d copies were judged", len(j.clips))
	}
}

// Whatever becomes of the helper, the copy ends, and not as cleared.
func TestHelperThatGoesHasClearedNothing(t *testing.T) {
	for name, then := range map[string]string{"hangs up": "", "says else": `{"do":"status"}` + "\n", "nonsense": "\x00\n", "does not say": `{"do":"cleared"}` + "\n"} {
		s, path := start(t)
		var j judged
		s.Clip = j.with(block)
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, `{"do":"clip","clip":{"size":1}}`+"\nx")
		if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
			t.Fatal(name, err)
		}
		fmt.Fprint(conn, then)
		conn.Close()
		j.ended(t, false)
	}
	// One that ends while it sends is judged by nobody.
	s, path := start(t)
	var j judged
	s.Clip = j.with(block)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, `{"do":"clip","clip":{"size":100}}`+"\nx")
	conn.Close()
	if _, err := connect(t, path).Status(t.Context()); err != nil {
		t.Error(err)
	}
	if len(j.clips) != 0 {
		t.Error("half a copy was judged")
	}
}

func TestFloodOfCopiesWaitsAlone(t *testing.T) {
	needRoot(t)
	s, path := start(t)
	var j judged
	s.Clip = j.with(Verdict{Action: "allow"})
	const copies = 2 * clipsEach
	began := time.Now()
	var wg sync.WaitGroup
	for range 4 {
		c := connectAs(t, nobody, path)
		wg.Go(func() {
			for range copies / 4 {
				if _, err := c.Clip(t.Context(), Clip{Text: "x"}, never); err != nil {
					t.Error(err)
				}
			}
		})
	}
	asked := time.Now()
	if _, err := connect(t, path).Clip(t.Context(), Clip{Text: "root's"}, never); err != nil || time.Since(asked) > 5*time.Second {
		t.Errorf("somebody else waited %v: %v", time.Since(asked), err)
	}
	wg.Wait()
	if took, least := time.Since(began), time.Second*(copies-clipsEach)/clipsEach*9/10; took < least {
		t.Errorf("%d copies were judged in %v, want %v at least", copies, took, least)
	}
}

func TestPacesAreBounded(t *testing.T) {
	var p paces
	for uid := range 3 * maxPaces {
		leave, err := p.enter(t.Context(), uid)
		if err != nil {
			t.Fatal(err)
		}
		p.uid[uid].limit.SetBurst(0) // as if long ago
		p.uid[uid].limit.SetBurst(clipsEach)
		p.uid[uid].limit.SetLimit(1e9)
		leave()
	}
	if len(p.uid) > maxPaces {
		t.Errorf("the pace of %d people is remembered", len(p.uid))
	}
}

func TestServiceWithoutClipboardRefuses(t *testing.T) {
	_, path := start(t)
	if _, err := connect(t, path).Clip(t.Context(), Clip{Text: "x"}, never); !errors.Is(err, ErrRefused) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("answered %v", err)
	}
}

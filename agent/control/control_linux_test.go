package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestStatusTellsRootMore(t *testing.T) {
	needRoot(t)
	_, path := start(t)
	root := connect(t, path)
	for range 2 { // one connection may ask again
		st, err := root.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st.Spool == nil || st.Spool.Depth != 3 || *st.IncidentsToday != 7 || st.Console.LastError == "" || st.Version != "1.2.3" {
			t.Errorf("root was told %+v", st)
		}
	}
	st, err := connectAs(t, nobody, path).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if st.Spool != nil || st.IncidentsToday != nil || st.Console.LastError != "" {
		t.Errorf("nobody was told what only root may know: %+v", st)
	}
	if st.Version != "1.2.3" || st.Policy.Version != "4" || st.Console.URL == "" || st.Guards == nil || st.Warnings == nil {
		t.Errorf("nobody was told too little: %+v", st)
	}
}

func TestNoticesReachTheirPersonAlone(t *testing.T) {
	needRoot(t)
	s, path := start(t)
	root := subscribe(t, connect(t, path))
	other := subscribe(t, connectAs(t, nobody, path))
	if !s.Notify(0, note("for root")) || !s.Notify(nobody, note("for nobody")) {
		t.Fatal("not delivered")
	}
	if s.Notify(1234, note("for a stranger")) {
		t.Error("delivered to somebody who is not there")
	}
	expect(t, root, "for root")
	expect(t, other, "for nobody")
	expectNothing(t, root)
	expectNothing(t, other)
}

func TestWhoOneIsCannotBeClaimed(t *testing.T) {
	needRoot(t)
	s, path := start(t)
	s.Notify(0, note("for root"))
	var conn net.Conn
	as(t, nobody, func() { conn, _ = net.Dial("unix", path) })
	defer conn.Close()
	fmt.Fprintln(conn, `{"do":"subscribe","uid":0,"UID":0,"caller":{"UID":0},"as":"root"}`)
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || line != "{\"subscribed\":true}\n" {
		t.Fatalf("answered %q, %v", line, err)
	}
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if line, err := in.ReadString('\n'); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("told %q, %v", line, err)
	}
}

func TestMissedNoticesAreKept(t *testing.T) {
	s, path := start(t)
	uid := os.Geteuid()
	for _, id := range []string{"a", "b", "c"} {
		if s.Notify(uid, note(id)) {
			t.Error("delivered to nobody")
		}
	}
	if !s.Withdraw(uid, "b") || s.Withdraw(uid, "b") || s.Withdraw(uid+1, "a") {
		t.Error("withdraw is wrong about what was kept")
	}
	expect(t, subscribe(t, connect(t, path)), "a", "c")
	if s.Withdraw(uid, "a") {
		t.Error("withdrew what was delivered")
	}
	expectNothing(t, subscribe(t, connect(t, path)))
}

func TestStuckSubscriberHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s, path := start(t)
	stuck, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	fmt.Fprintln(stuck, `{"do":"subscribe"}`)
	bufio.NewReaderSize(stuck, 16).ReadString('\n')
	well := subscribe(t, connect(t, path))

	big := Notice{ID: "big", Body: json.RawMessage(`"` + strings.Repeat("x", 8<<10) + `"`)}
	began := time.Now()
	for range 20000 {
		s.Notify(os.Geteuid(), big)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("notifying took %v with a stuck subscriber", took)
	}
	s.Notify(os.Geteuid(), note("last"))
	for deadline := time.After(30 * time.Second); ; {
		select {
		case g := <-well:
			if !strings.HasPrefix(g, "last") {
				continue
			}
		case <-deadline:
			t.Error("the subscriber beside the stuck one was not told")
		}
		break
	}
	// It is let go within the patience, and its place with it.
	for deadline := time.Now().Add(patience + time.Minute); ; time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		open := s.perID[os.Geteuid()]
		s.mu.Unlock()
		if open == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are open, want the one of the well subscriber", open)
		}
	}
}

func TestDroppedNoticesAreCounted(t *testing.T) {
	var m mailbox
	now := time.Now()
	s := m.subscribe(1, now)
	for i := range 1000 {
		m.post(1, note(fmt.Sprint(i)), now)
	}
	n, _ := m.take(s)
	if n.ID != fmt.Sprint(1000-maxQueue) || n.Missed != 1000-maxQueue {
		t.Errorf("first is %s after %d missed", n.ID, n.Missed)
	}
	m.putBack(s, n)
	m.unsubscribe(s, now)
	again, _ := m.take(m.subscribe(1, now))
	if again.ID != n.ID || again.Missed != n.Missed {
		t.Errorf("after a reconnect the first is %s after %d missed, want %s after %d", again.ID, again.Missed, n.ID, n.Missed)
	}
}

func TestKeptNoticesAreBounded(t *testing.T) {
	var m mailbox
	now := time.Now()
	for uid := range 10 * maxBoxes {
		m.post(uid, note("x"), now)
	}
	if len(m.boxes) > maxBoxes {
		t.Errorf("notices are kept for %d people", len(m.boxes))
	}
	m = mailbox{}
	for range 10 * maxKept {
		m.post(1, note("x"), now)
	}
	if got := len(m.boxes[1].kept); got != maxKept {
		t.Errorf("%d notices are kept", got)
	}
	if _, ok := m.take(m.subscribe(1, now.Add(keepFor+time.Second))); ok {
		t.Error("an old notice was delivered")
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	_, path := start(t)
	for name, line := range map[string]string{
		"garbage":   "\x00\xff\x1b[2J nonsense\n",
		"no object": "[1,2,3]\n",
		"unknown":   `{"do":"shutdown"}` + "\n",
		"empty":     "\n",
		"deep":      strings.Repeat("[", 4000) + "\n",
		"oversized": strings.Repeat("x", 1<<20),
		"too long":  `{"do":"status","x":"` + strings.Repeat("x", maxRequest) + `"}` + "\n",
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		conn.Write([]byte(line)) // may fail: the server hangs up early
		in := bufio.NewReader(conn)
		if got, err := in.ReadString('\n'); err != nil && !errors.Is(err, syscall.ECONNRESET) || err == nil && got != `{"error":"bad-request"}`+"\n" {
			t.Errorf("%s: answered %q, %v", name, got, err)
		}
		if _, err := in.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection was left open", name)
		}
		conn.Close()
	}
	if _, err := connect(t, path).Status(t.Context()); err != nil {
		t.Error("after the nonsense:", err)
	}
}

func TestSlowCallerIsLetGo(t *testing.T) {
	t.Parallel()
	_, path := start(t)
	began := time.Now()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for err == nil && time.Since(began) < patience+time.Minute {
		_, err = conn.Write([]byte(" "))
		time.Sleep(100 * time.Millisecond)
	}
	if err == nil {
		t.Errorf("a caller sending a byte now and then was held for %v", time.Since(began))
	}
}

func TestThousandConnections(t *testing.T) {
	needRoot(t)
	_, path := start(t)
	var conns []net.Conn
	var busy int
	as(t, nobody, func() {
		for range 1000 {
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Error(err)
				return
			}
			conns = append(conns, conn)
		}
	})
	// Others are served all the while.
	if _, err := connect(t, path).Status(t.Context()); err != nil {
		t.Error("root meanwhile:", err)
	}
	as(t, 65533, func() {
		c, err := Dial(t.Context(), path)
		if err == nil {
			defer c.Close()
			_, err = c.Status(t.Context())
		}
		if err != nil {
			t.Error("another person meanwhile:", err)
		}
	})
	for _, conn := range conns[maxPerUID:] { // taken in the order in which they came
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		if line, _ := bufio.NewReader(conn).ReadString('\n'); line == `{"error":"busy"}`+"\n" {
			busy++
		}
	}
	for _, conn := range conns[:maxPerUID] {
		conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if line, _ := bufio.NewReader(conn).ReadString('\n'); line != "" {
			busy++
		}
	}
	if held := len(conns) - busy; held != maxPerUID {
		t.Errorf("%d connections of one person are held, want %d", held, maxPerUID)
	}
	for _, conn := range conns {
		conn.Close()
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		_, err := connectAs(t, nobody, path).Status(t.Context())
		if err == nil {
			break
		}
		if !errors.Is(err, ErrBusy) || time.Now().After(deadline) {
			t.Fatal("after the others hung up:", err)
		}
	}
}

func TestImpostorIsNotBelieved(t *testing.T) {
	needRoot(t)
	path := filepath.Join(t.TempDir(), "control.sock")
	var l net.Listener
	os.Chmod(filepath.Dir(path), 0o777)
	os.Chmod(filepath.Dir(filepath.Dir(path)), 0o755)
	as(t, nobody, func() {
		var err error
		if l, err = net.Listen("unix", path); err != nil {
			t.Error(err)
		}
	})
	if l == nil {
		t.FailNow()
	}
	defer l.Close()
	if _, err := Dial(t.Context(), path); !errors.Is(err, ErrImpostor) {
		t.Errorf("dialled a socket of somebody else: %v", err)
	}
}

func TestNotRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	if _, err := Dial(t.Context(), path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	leaveBehind(t, path)
	if _, err := Dial(t.Context(), path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a socket left behind: %v", err)
	}
}

// leaveBehind makes a socket nobody listens at, as a killed service does.
func leaveBehind(t *testing.T, path string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
}

func TestListenTakesOverWhatWasLeftBehindAndNothingElse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	path := filepath.Join(dir, "control.sock")
	umask := syscall.Umask(0o077)
	l, err := Listen(path)
	syscall.Umask(umask)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{dir: 0o755, path: 0o666} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (%v), want %v", filepath.Base(name), info.Mode(), err, want)
		}
	}
	if _, err := Listen(path); err == nil || !strings.Contains(err.Error(), "another service") {
		t.Errorf("a second service got the socket: %v", err)
	}
	l.Close()
	leaveBehind(t, path)
	if l, err = Listen(path); err != nil {
		t.Fatal("after a crash:", err)
	}
	l.Close()
	os.Chmod(dir, 0o777)
	if _, err := Listen(path); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("listens in a folder anybody can change: %v", err)
	}
}

func TestClientSurvivesWhateverItIsAnswered(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":   "",
		"half":      `{"status":{`,
		"garbage":   "\xff\x00\n",
		"else":      "{}\n",
		"endless":   strings.Repeat("x", 2*maxReply) + "\n",
		"no error":  `{"error":"\u001b[2J"}` + "\n",
		"bad types": `{"status":{"guards":7}}` + "\n",
	} {
		path := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			bufio.NewReader(conn).ReadString('\n')
			conn.Write([]byte(answer))
		})
		c := connect(t, path)
		if st, err := c.Status(t.Context()); err == nil {
			t.Errorf("%s: believed %+v", name, st)
		} else if strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: the error carries a terminal escape", name)
		}
		c.Close()
		l.Close()
		wg.Wait()
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"do":"status"}`))
	f.Add([]byte(`{"do":["subscribe"]}`))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseRequest(line)
		if err != nil && r.Do != "" {
			t.Errorf("an error and a request: %q", r.Do)
		}
	})
}

func FuzzReply(f *testing.F) {
	f.Add([]byte(`{"status":{"version":"1","guards":[{"mountPoint":"/media"}]}}`))
	f.Add([]byte(`{"notice":{"id":"1","body":{"a":[1]},"missed":3}}`))
	f.Add([]byte(`{"error":"busy"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseReply(line)
		if err != nil && (r.Status != nil || r.Notice != nil || r.Subscribed) {
			t.Error("an error and an answer")
		}
	})
}

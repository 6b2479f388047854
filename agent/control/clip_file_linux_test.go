package control

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// contents collects what the server's hook was given of files.
type contents struct {
	judged
	files []ClipFile
	read  [][]byte
	why   []string
}

func (c *contents) with(v Verdict) func(context.Context, Caller, ClipFile) (Verdict, error) {
	end := c.judged.with(v)
	return func(ctx context.Context, by Caller, f ClipFile) (Verdict, error) {
		data, err := io.ReadAll(f.Content)
		if err != nil {
			return Verdict{}, err
		}
		c.mu.Lock()
		c.files, c.read, c.why = append(c.files, f), append(c.read, data), append(c.why, f.Content.Incomplete())
		c.mu.Unlock()
		return end(ctx, by, Clip{})
	}
}

func (c *contents) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.files)
}

// told is content that says why it is not everything.
type told struct {
	io.Reader
	why string
}

func (t told) Incomplete() string { return t.why }

func startFiles(t *testing.T, v Verdict) (*Server, string, *contents) {
	s, path := start(t)
	c := &contents{}
	s.ClipFile = c.with(v)
	return s, path, c
}

func TestFileIsJudgedByWhatTheHelperRead(t *testing.T) {
	s, path, got := startFiles(t, block)
	big := bytes.Repeat([]byte("0123456789abcdef"), 3*maxPart/16)
	client := connect(t, path)
	for n, c := range []told{{bytes.NewReader(big[:10]), ""}, {bytes.NewReader(big), "too-large"}, {bytes.NewReader(nil), "timed-out"}, {bytes.NewReader(big[:maxPart]), ""}} {
		want, _ := io.ReadAll(c.Reader)
		c.Reader.(*bytes.Reader).Seek(0, io.SeekStart)
		v, err := client.ClipFile(t.Context(), ClipFile{Path: "/home/a/名单\n.csv", Program: "/usr/bin/x", Content: c}, func(context.Context) bool { return n > 0 })
		if err != nil || !v.Clear || v.Action != "block" {
			t.Fatalf("answered %+v, %v", v, err)
		}
		if !bytes.Equal(got.read[n], want) || got.why[n] != c.why || got.files[n].Path != "/home/a/名单\n.csv" || got.files[n].Program != "/usr/bin/x" {
			t.Errorf("%d: %d bytes of %d were judged, of %q, incomplete %q", n, len(got.read[n]), len(want), got.files[n].Path, got.why[n])
		}
	}
	got.ended(t, false, true, true, true)
	s.Clip = got.judged.with(Verdict{Action: "allow"}) // text and files share a connection
	if _, err := client.Clip(t.Context(), Clip{Text: "x"}, never); err != nil {
		t.Error("the connection is of no more use:", err)
	}
}

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestFileBeyondTheBoundsIsCutAndSaid(t *testing.T) {
	_, path, got := startFiles(t, Verdict{Action: "allow"})
	f := ClipFile{Path: strings.Repeat("名", maxPath), Program: strings.Repeat("x", maxProgram+1), Content: told{endless{}, ""}}
	if _, err := connect(t, path).ClipFile(t.Context(), f, never); err != nil {
		t.Fatal(err)
	}
	if n := len(got.read[0]); n != MaxClipFile || got.why[0] != tooLarge || len(got.files[0].Path) > maxPath || got.files[0].Program != "" {
		t.Errorf("%d bytes were judged, incomplete %q, name of %d bytes", n, got.why[0], len(got.files[0].Path))
	}
}

// Names that JSON makes six times as long keep nothing from being judged.
func TestFileWithANameThatGrowsIsJudged(t *testing.T) {
	_, path, got := startFiles(t, Verdict{Action: "allow"})
	long := strings.Repeat("/"+strings.Repeat("&", 250), 15) + "/list.csv"
	f := ClipFile{Path: long, Program: "/" + strings.Repeat("<", 4000), Content: told{strings.NewReader("content"), ""}}
	if _, err := connect(t, path).ClipFile(t.Context(), f, never); err != nil {
		t.Fatal(err)
	}
	if len(got.read) != 1 || string(got.read[0]) != "content" || got.files[0].Path != "list.csv" {
		t.Errorf("%d were judged: %+v", len(got.read), got.files)
	}
}

// A hostile helper ends its own connection, and nothing is judged of what it
// did not finish.
func TestFileThatIsNoneIsRefused(t *testing.T) {
	_, path, got := startFiles(t, block)
	begin := `{"do":"clip-file","clip":{"file":"/f","size":1,"more":true}}` + "\nx"
	for name, said := range map[string]string{
		"no head":            `{"do":"clip-file"}` + "\n",
		"oversized part":     fmt.Sprintf(`{"do":"clip-file","clip":{"size":%d}}`, maxPart+1) + "\n",
		"huge":               `{"do":"clip-file","clip":{"size":9223372036854775807}}` + "\n",
		"negative":           `{"do":"clip-file","clip":{"size":-1}}` + "\n",
		"more of nothing":    `{"do":"clip-file","clip":{"size":0,"more":true}}` + "\n",
		"long name":          `{"do":"clip-file","clip":{"size":0,"file":"` + strings.Repeat("x", maxPath+1) + `"}}` + "\n",
		"out of the air":     `{"do":"more","clip":{"size":0}}` + "\n",
		"another request":    begin + `{"do":"status"}` + "\n",
		"another file":       begin + begin,
		"nonsense":           begin + "\x00\x01\n",
		"oversized later":    begin + fmt.Sprintf(`{"do":"more","clip":{"size":%d}}`, maxPart+1) + "\n",
		"negative later":     begin + `{"do":"more","clip":{"size":-5}}` + "\n",
		"nothing, for ever":  begin + strings.Repeat(`{"do":"more","clip":{"size":0,"more":true}}`+"\n", 2),
		"an endless line":    begin + strings.Repeat("x", 2*maxRequest),
		"cleared beforehand": begin + `{"do":"cleared","cleared":true}` + "\n",
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		io.WriteString(conn, said)
		in := bufio.NewReader(conn)
		if got, err := in.ReadString('\n'); got != `{"error":"bad-request"}`+"\n" && !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("%s: answered %q, %v", name, got, err)
		}
		if _, err := in.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection was left open", name)
		}
		conn.Close()
	}
	if n := got.count(); n != 0 {
		t.Errorf("%d files were judged", n)
	}
}

// More is promised than is taken, a part at a time.
func TestFileWithoutEndIsRefused(t *testing.T) {
	_, path, got := startFiles(t, block)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	part := append(fmt.Appendf(nil, `{"do":"more","clip":{"size":%d,"more":true}}`+"\n", maxPart), make([]byte, maxPart)...)
	sent := 0
	for conn.Write([]byte(`{"do":"clip-file","clip":{"file":"/f","size":1,"more":true}}` + "\nx")); err == nil && sent < 4*MaxClipFile; sent += maxPart {
		_, err = conn.Write(part)
	}
	if err == nil || sent > MaxClipFile+16*maxPart {
		t.Errorf("%d bytes were taken: %v", sent, err)
	}
	if n := got.count(); n != 0 {
		t.Errorf("%d files were judged", n)
	}
}

// Whoever hangs up in the midst of a file, or sends a byte now and then, is
// judged by nobody and holds up nobody but themselves.
func TestHalfAFileIsJudgedByNobody(t *testing.T) {
	needRoot(t)
	s, path, got := startFiles(t, Verdict{Action: "allow"})
	s.Clip = got.judged.with(Verdict{Action: "allow"})
	for _, said := range []string{`{"do":"clip-file","clip":{"size":100}}` + "\nx", `{"do":"clip-file","clip":{"size":1,"more":true}}` + "\nx", `{"do":"clip-file","clip":{"size":1,"more":true}}` + "\nx" + `{"do":"mo`} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, said)
		conn.Close()
	}
	var slow net.Conn
	as(t, nobody, func() { slow, _ = net.Dial("unix", path) })
	defer slow.Close()
	io.WriteString(slow, `{"do":"clip-file","clip":{"size":100}}`+"\nx")
	if _, err := connectAs(t, nobody, path).Clip(t.Context(), Clip{Text: "mine"}, never); err != nil {
		t.Error("their own text:", err)
	}
	if _, err := connect(t, path).ClipFile(t.Context(), ClipFile{Path: "/f", Content: told{strings.NewReader("root's"), ""}}, never); err != nil {
		t.Error("somebody else's file:", err)
	}
	slow.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := slow.Read(make([]byte, 100)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a helper that stopped in the midst of a file is still waited for")
	}
	if n := got.count(); n != 1 {
		t.Errorf("%d files were judged, want one", n)
	}
}

func TestThousandsOfFilesAreAnswered(t *testing.T) {
	needRoot(t)
	_, path, got := startFiles(t, Verdict{Action: "allow"})
	const each, callers = 150, 4
	var wg sync.WaitGroup
	began := time.Now()
	for range callers {
		c := connectAs(t, nobody, path)
		wg.Go(func() {
			for range each {
				if _, err := c.ClipFile(t.Context(), ClipFile{Path: "/f", Content: told{strings.NewReader("x"), ""}}, never); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if _, err := connect(t, path).ClipFile(t.Context(), ClipFile{Path: "/f", Content: told{strings.NewReader("root's"), ""}}, never); err != nil {
		t.Error("somebody else meanwhile:", err)
	}
	wg.Wait()
	if took, least := time.Since(began), time.Second*(each*callers-filesEach)/filesEach*9/10; took < least || got.count() != each*callers+1 {
		t.Errorf("%d files were judged in %v, want %v at least", got.count(), took, least)
	}
}

// Descriptors that somebody sends along never become the service's: it takes
// bytes and nothing else.
func TestDescriptorsAreNotTaken(t *testing.T) {
	_, path, got := startFiles(t, Verdict{Action: "allow"})
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	in := bufio.NewReader(conn)
	descriptors := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := 0
	for n := range 50 {
		rights := unix.UnixRights(int(null.Fd()), int(null.Fd()), int(null.Fd()))
		if _, _, err := conn.(*net.UnixConn).WriteMsgUnix([]byte(`{"do":"clip-file","clip":{"file":"/dev/null","size":1}}`+"\nx"), rights, nil); err != nil {
			t.Fatal(err)
		}
		if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "allow") {
			t.Fatalf("answered %q, %v", line, err)
		}
		if n == 0 {
			before = descriptors()
		}
	}
	if after := descriptors(); after > before+5 {
		t.Errorf("%d descriptors are open, before %d", after, before)
	}
	if !bytes.Equal(got.read[0], []byte("x")) {
		t.Errorf("judged %q", got.read[0])
	}
}

func TestServiceThatKnowsOnlyNamesRefusesFiles(t *testing.T) {
	_, path := start(t)
	_, err := connect(t, path).ClipFile(t.Context(), ClipFile{Path: "/f", Content: told{strings.NewReader("x"), ""}}, never)
	if !errors.Is(err, ErrRefused) && !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("answered %v", err)
	}
}

// FuzzFile has a connection say anything: the server answers or hangs up, and
// judges no more bytes of a file than it takes.
func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"do":"clip-file","clip":{"file":"/f","size":1,"more":true}}` + "\nx" + `{"do":"more","clip":{"size":2}}` + "\nyz"))
	f.Add([]byte(`{"do":"clip-file","clip":{"size":0,"incomplete":"odd"}}` + "\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		here, there := net.Pipe()
		s := &Server{ClipFile: func(_ context.Context, _ Caller, c ClipFile) (Verdict, error) {
			n, err := io.Copy(io.Discard, c.Content)
			if n > int64(len(said)) || n > MaxClipFile {
				t.Errorf("%d bytes were judged of %d", n, len(said))
			}
			return Verdict{Action: "allow"}, err
		}}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer there.Close()
			in := bufio.NewReaderSize(there, maxRequest)
			req, err := readRequest(there, in, patience)
			for err == nil && req.Do == doClipFile {
				if err = s.clipFile(t.Context(), there, in, Caller{}, req.Clip); err == nil {
					req, err = readRequest(there, in, patience)
				}
			}
		}()
		go io.Copy(io.Discard, here)
		here.Write(said)
		here.Close()
		<-done
	})
}

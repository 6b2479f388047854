package isolate

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/trustline/trustline/agent/sensor/network/laboratory"
)

// isolateForEver is the service that will be killed.
func isolateForEver(c Crash) int {
	i, err := New(Config{}, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err == nil {
		_, err = i.Start()
	}
	if err == nil {
		p := company(Internal)
		p.AfterCrash = c
		err = i.Apply(context.Background(), p)
	}
	if err != nil {
		io.WriteString(os.Stderr, err.Error())
		return 1
	}
	io.WriteString(os.Stdout, "isolated\n")
	i.Run(context.Background())
	return 0
}

func TestKilledWhileIsolated(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	kill := func(c Crash) {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), victim+"="+string(c))
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "isolated\n" {
			t.Fatalf("%q, %v: %s", line, err, said.String())
		}
		refused(t, laboratory.Inside)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		refused(t, laboratory.Inside) // until somebody decides
	}
	start := func() *Isolator {
		i, err := New(Config{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := i.Start(); err != nil {
			t.Fatal(err)
		}
		return i
	}
	kill(Keep)
	i := start()
	refused(t, laboratory.Inside)
	if s, err := Read(); err != nil || !s.Isolated || s.Mode != Internal || s.AfterCrash != Keep {
		t.Errorf("status %+v, %v", s, err)
	}
	apply(t, i, company(Internal)) // takes it over
	refused(t, laboratory.Inside)
	lift(t, i)
	reachable(t, laboratory.Inside)

	kill(Clear)
	start()
	reachable(t, laboratory.Inside)

	kill(Keep) // repair and uninstallation
	if was, err := Remove(); err != nil || !was {
		t.Errorf("removed %t, %v", was, err)
	}
	reachable(t, laboratory.Inside)
	if was, err := Remove(); err != nil || was {
		t.Errorf("removed again: %t, %v", was, err)
	}
}

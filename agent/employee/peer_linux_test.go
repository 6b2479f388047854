package employee

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// Somebody else at this machine who read the link off the list of processes
// gets no answer, and the link still works for whom it was made.
func TestOtherPeopleAreNotHeard(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("must run as root, to be somebody else")
		}
		t.Skip("SKIPPED: needs root, to be somebody else")
	}
	r := start(t, "en")
	l := r.link(t, firstCase, "")
	v := stranger(t, l)
	host, port, err := net.SplitHostPort(v.address)
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`exec 3<>/dev/tcp/%s/%s; printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' >&3; cat <&3`,
		host, port, strings.TrimPrefix(l, "http://"+v.address), v.address)
	ask := func(uid uint32) string {
		cmd := exec.Command("bash", "-c", script)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		out, _ := cmd.Output() // hanging up on it may be an error
		return string(out)
	}
	if got := ask(65534); got != "" {
		t.Errorf("somebody else is answered %q", got)
	}
	if a := v.do(v.request(http.MethodGet, l, "")); a.status != http.StatusOK {
		t.Errorf("the person themselves: %d", a.status)
	}
	if got := ask(0); !strings.HasPrefix(got, "HTTP/1.1 403") { // the same question is heard when the person asks it
		t.Errorf("the person's own program is answered %q", got)
	}
}

package installer

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// administrator is somebody with an account who reads out codes.
type administrator struct {
	console *console
	http    *http.Client
}

// administrator makes an account and signs in.
func (c *console) administrator() *administrator {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	c.t.Cleanup(transport.CloseIdleConnections)
	a := &administrator{c, &http.Client{Timeout: 30 * time.Second, Jar: jar, Transport: transport}}
	password := strings.TrimSpace(sh(c.t, asConsole+"account create --name reader --role administrator --data /var/lib/trustline-console"))
	if page := a.send("/login", url.Values{"name": {"reader"}, "password": {password}}); strings.Contains(page, `name="password"`) {
		c.t.Fatal("nobody is signed in")
	}
	return a
}

func (a *administrator) send(path string, form url.Values) (page string) {
	a.console.t.Helper()
	res, err := a.http.PostForm(a.console.url+path, form)
	if err != nil {
		a.console.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		a.console.t.Fatalf("%s answers %d (%v)", path, res.StatusCode, err)
	}
	return string(body)
}

// code answers what the console reads out for a challenge of this machine.
func (a *administrator) code(permits, challenge string) string {
	a.console.t.Helper()
	page := a.send("/codes", url.Values{"permits": {permits}, "challenge": {challenge}, "machine": {a.machine()}})
	code := regexp.MustCompile(`<output>([0-9]{4}) ([0-9]{4})`).FindStringSubmatch(page)
	if code == nil {
		a.console.t.Fatalf("the console gives no code for %q to %s", challenge, permits)
	}
	return code[1] + code[2]
}

// machine answers this machine, of whose earlier lives the console knows as well.
func (a *administrator) machine() string {
	raw := sh(a.console.t, "trustline status --json || true")
	id := regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f-]{27}"`).FindAllString(raw, -1)
	for _, m := range a.console.fleet() {
		for _, mine := range id {
			if mine == `"`+m.Machine.ID+`"` {
				return m.Machine.ID
			}
		}
	}
	a.console.t.Fatalf("the console does not know this machine")
	return ""
}

// asked runs a command that takes a code, without one, and answers the challenge.
func asked(t *testing.T, command string) (challenge string) {
	t.Helper()
	shown := regexp.MustCompile(`[2-9A-Z]{4}-[2-9A-Z]{4}`)
	eventually(t, "the machine shows a challenge", func() bool {
		challenge = shown.FindString(sh(t, "LANG=en trustline "+command+" 2>&1 < /dev/null && echo ENDED || true"))
		return challenge != ""
	})
	return challenge
}

// with runs a command with a code and answers whether it did what it says.
func with(t *testing.T, command, code string) (ended bool, said string) {
	t.Helper()
	said = sh(t, "LANG=en trustline "+command+" --code "+code+" 2>&1 < /dev/null && echo ENDED || true")
	return strings.Contains(said, "ENDED"), said
}

// refuses tries a code that permits nothing.
func refuses(t *testing.T, what, command, code string) {
	t.Helper()
	if ended, said := with(t, command, code); ended || !strings.Contains(said, "the code is wrong or has been used") {
		t.Errorf("%s with %s: %s", command, what, said)
	}
	sh(t, "systemctl is-active trustline")
}

// other is a code that is not this one.
func other(code string) string {
	if code == "00000000" {
		return "00000001"
	}
	return "00000000"
}

// stopsWithACode: the code that the console reads out stops the service once; no
// other code does, nor the same a second time.
func stopsWithACode(t *testing.T, a *administrator, ends *ends) {
	t.Helper()
	old := a.code("stop", asked(t, "stop"))
	challenge := asked(t, "stop")
	right := a.code("stop", challenge)
	refuses(t, "a wrong code", "stop", other(right))
	refuses(t, "the code of a challenge before", "stop", old)
	refuses(t, "a code for something else", "stop", a.code("uninstall", challenge))
	ends.are(t, "wrong codes were tried")
	if ended, said := with(t, "stop", right); !ended {
		t.Fatalf("the right code: %s", said)
	}
	if state := sh(t, "systemctl is-active trustline || true"); strings.TrimSpace(state) == "active" {
		t.Error("it runs although it was stopped with a code")
	}
	ends.are(t, "it is stopped with a code", "stopped-with-code")
	sh(t, "systemctl start trustline")
	guarded(t)
	refuses(t, "the code that was used", "stop", right)
	asked(t, "stop")
	refuses(t, "the code that was used, for a new challenge", "stop", right)
	ends.are(t, "it runs again")
}

// removedWithACode: the same of removing it.
func removedWithACode(t *testing.T, a *administrator, ends *ends) {
	t.Helper()
	challenge := asked(t, "uninstall")
	right := a.code("uninstall", challenge)
	refuses(t, "a wrong code", "uninstall", other(right))
	refuses(t, "a code to stop it", "uninstall", a.code("stop", challenge))
	refuses(t, "a code to remove it", "stop", right)
	asked(t, "uninstall")
	refuses(t, "the code of the challenge before", "uninstall", right)
	right = a.code("uninstall", asked(t, "uninstall"))
	if ended, said := with(t, "uninstall", right); !ended {
		t.Fatalf("the right code: %s", said)
	}
	if state := sh(t, "systemctl is-active trustline || true; systemctl is-enabled trustline || true"); strings.HasPrefix(state, "active") || strings.Contains(state, "enabled\n") {
		t.Errorf("after its removal it is %s", state)
	}
	ends.are(t, "it is removed with a code", "uninstalled-with-code")
}

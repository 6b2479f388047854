//go:build linux

// Command idle measures what the service costs while nothing happens, with
// everything on: a medium under guard, a folder watched, one searched, the
// network followed, a console reported to, a service manager that asks whether
// it lives. It tells the program's size, how long after its start it is ready,
// and over a quiet minute memory, with that of its readers of documents,
// processor time, and how often its threads were woken; then the same of the
// session helper on a desktop. It needs root and a bin/ of make, and a machine
// on which nobody mounts anything meanwhile.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	programs := flag.String("programs", "bin", "folder of the programs to measure")
	quiet := flag.Duration("for", time.Minute, "how long to watch")
	flag.Parse()
	if err := measure(*programs, *quiet); err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

func measure(programs string, quiet time.Duration) error {
	info, err := os.Stat(filepath.Join(programs, "trustline"))
	if err != nil {
		return err
	}
	w, err := newWorkplace(programs)
	if err != nil {
		return err
	}
	defer w.close()
	service, ready, err := w.service()
	if err != nil {
		return err
	}
	helper, err := w.helper()
	if err != nil {
		return err
	}
	time.Sleep(10 * time.Second) // what is done once after the start, such as making ready for PDF
	did, err := watch(quiet, service, helper)
	if err != nil {
		return err
	}
	own, err := shares(helper)
	if err != nil {
		return err
	}
	fmt.Printf("idle: program %.1f MB (aim < 40), ready after %d ms (aim < 500), %.1f MB resident with everything on (aim < 60), %.3f %% of one core over %s (aim < 0.1 %%), woken %.0f times a minute\n",
		float64(info.Size())/1e6, ready.Milliseconds(), did[0].bytes/1e6, 100*did[0].seconds/quiet.Seconds(), quiet, float64(did[0].woken)/quiet.Minutes())
	fmt.Printf("idle: session helper %.1f MB resident (aim < 30), %.1f MB with its part of what it shares, %.3f %% of one core (aim < 0.05 %%), woken %.0f times a minute\n",
		did[1].bytes/1e6, own/1e6, 100*did[1].seconds/quiet.Seconds(), float64(did[1].woken)/quiet.Minutes())
	return nil
}

// watch answers what processes and their children cost over a quiet time, and the
// bytes at its end.
func watch(quiet time.Duration, pids ...int) ([]cost, error) {
	var before []map[int32]cost
	for _, pid := range pids {
		costs, err := costsOf(pid)
		if err != nil {
			return nil, err
		}
		before = append(before, costs)
	}
	time.Sleep(quiet)
	did := make([]cost, len(pids))
	for n, pid := range pids {
		costs, err := costsOf(pid)
		if err != nil {
			return nil, err
		}
		for one, c := range costs {
			did[n].seconds += c.seconds - before[n][one].seconds
			did[n].woken += c.woken - before[n][one].woken
			did[n].bytes += c.bytes
		}
	}
	return did, nil
}

// workplace is everything a service has to look after.
type workplace struct {
	dir, programs string
	undo          []func()
}

const policy = `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
isolation: {internal: [10.20.0.0/16]}
rules:
  - {id: sticks, title: {en: a, zh: a}, when: {class: list, channel: removable-media}, action: block}
  - {id: public, title: {en: b, zh: b}, when: {network: public}, action: isolate}
`

func newWorkplace(programs string) (*workplace, error) {
	dir, err := os.MkdirTemp("", "trustline-idle-")
	if err != nil {
		return nil, err
	}
	w := &workplace{dir: dir, programs: programs, undo: []func(){func() { os.RemoveAll(dir) }}}
	const stick = `cd "$1"; mkdir stick cloud files; truncate -s 64M image; mkfs.ext4 -q image; mount -o loop image stick`
	if out, err := exec.Command("sh", "-ec", stick, "sh", dir).CombinedOutput(); err != nil {
		w.close()
		return nil, fmt.Errorf("make a stick (as root): %w: %s", err, out)
	}
	w.undo = append(w.undo, func() { exec.Command("umount", "-l", filepath.Join(dir, "stick")).Run() })
	url, pin, err := w.console()
	if err != nil {
		w.close()
		return nil, err
	}
	token, err := exec.Command(filepath.Join(programs, "trustline-console"), "token", "create", "--kind", "enrol", "--name", "idle", "--data", filepath.Join(dir, "console")).Output()
	config := fmt.Sprintf(`state: %[1]s/state
socket: %[1]s/socket
policy: %[1]s/policy.yaml
removable: [%[1]s/stick]
watch: [%[1]s/cloud]
discovery: {folders: [%[1]s/files]}
console: {url: %[2]q, pin: %[3]q, token-file: %[1]s/token}
`, dir, url, pin)
	for name, text := range map[string]string{"agent.yaml": config, "policy.yaml": policy, "token": string(token)} {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		}
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *workplace) close() {
	for i := len(w.undo) - 1; i >= 0; i-- {
		w.undo[i]()
	}
}

// console starts one and answers its address and pin.
func (w *workplace) console() (url, pin string, err error) {
	ready := filepath.Join(w.dir, "ready")
	cmd := exec.Command(filepath.Join(w.programs, "trustline-console"), "serve", "--data", filepath.Join(w.dir, "console"), "--listen", "127.0.0.1:0", "--ready-file", ready)
	if err := cmd.Start(); err != nil {
		return "", "", err
	}
	w.undo = append(w.undo, func() { cmd.Process.Kill(); cmd.Wait() })
	for range 300 {
		if raw, err := os.ReadFile(ready); err == nil {
			url, pin = field(string(raw), "url"), field(string(raw), "pin")
			return url, pin, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "", "", fmt.Errorf("the console does not answer")
}

// field answers a text of a flat JSON object.
func field(raw, name string) string {
	_, rest, _ := strings.Cut(raw, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// service starts the service as systemd would, and answers when it said that it
// is ready.
func (w *workplace) service() (pid int, ready time.Duration, err error) {
	notices := filepath.Join(w.dir, "notify")
	heard, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notices, Net: "unixgram"})
	if err != nil {
		return 0, 0, err
	}
	w.undo = append(w.undo, func() { heard.Close() })
	cmd := exec.Command(filepath.Join(w.programs, "trustline"), "run", "--config", filepath.Join(w.dir, "agent.yaml"))
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+notices, "WATCHDOG_USEC=60000000") // as the unit says
	cmd.Stderr = os.Stderr
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	w.undo = append(w.undo, func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	if err := heard.SetReadDeadline(started.Add(30 * time.Second)); err != nil {
		return 0, 0, err
	}
	said := make([]byte, 1024)
	for {
		n, err := heard.Read(said)
		if err != nil {
			return 0, 0, fmt.Errorf("the service does not say that it is ready: %w", err)
		}
		if strings.Contains(string(said[:n]), "READY=1") {
			ready = time.Since(started)
			go listen(heard)
			return cmd.Process.Pid, ready, nil
		}
	}
}

// listen hears that the service lives: where nobody did, it would wait.
func listen(heard *net.UnixConn) {
	_ = heard.SetReadDeadline(time.Time{})
	for said := make([]byte, 1024); ; {
		if _, err := heard.Read(said); err != nil {
			return // closed
		}
	}
}

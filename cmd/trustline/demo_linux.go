package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/synthetic"
)

const (
	demoPeople    = 500
	demoStickSize = 256 << 20
	demoPatience  = 2 * time.Minute
	demoEnding    = 30 * time.Second // longer than the service takes to give a medium back that is in use
)

// demo is a whole company on one machine: a console, an agent, a stick and a
// customer list of generated people.
type demo struct {
	*terminal
	dir    string
	listen string
	undo   []func() // in reverse order
}

func newDemoCommand(t *terminal) *cobra.Command {
	d := &demo{terminal: t}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: t.Text("demo.short"),
		Long:  t.Text("demo.long"),
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	cmd.Flags().StringVar(&d.dir, "dir", "", t.Text("demo.flag.dir"))
	cmd.Flags().StringVar(&d.listen, "listen", "127.0.0.1:8443", t.Text("demo.flag.listen"))
	return cmd
}

func (d *demo) run(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New(d.Text("demo.need-root"))
	}
	defer d.cleanUp()
	if err := d.makeFolder(); err != nil {
		return err
	}
	console, err := d.startConsole(ctx)
	if err != nil {
		return err
	}
	stick, err := d.makeStick(ctx)
	if err != nil {
		return err
	}
	if err := d.writeSamples(); err != nil {
		return err
	}
	socket, err := d.startAgent(ctx, console, stick)
	if err != nil {
		return err
	}
	fmt.Fprint(d.out, d.Text("demo.ready", message.Args{
		"URL": console.URL, "Setup": console.Setup, "Dir": d.dir, "Stick": stick,
		"Socket": socket, "Program": d.program(),
	}))
	<-ctx.Done()
	fmt.Fprintln(d.out, "\n"+d.Text("demo.stopping"))
	return nil
}

func (d *demo) program() string {
	exe, err := os.Executable()
	if err != nil {
		return "trustline"
	}
	return exe
}

func (d *demo) cleanUp() {
	for i := len(d.undo) - 1; i >= 0; i-- {
		d.undo[i]()
	}
}

// makeFolder makes the demo's folder, or clears what an earlier demo that was
// killed has left mounted in it.
func (d *demo) makeFolder() error {
	if d.dir != "" {
		abs, err := filepath.Abs(d.dir)
		if err != nil {
			return err
		}
		d.dir = abs
		return os.MkdirAll(filepath.Join(d.dir, "data"), 0o755)
	}
	dir, err := os.MkdirTemp("", "trustline-demo-")
	if err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	d.dir = dir
	d.undo = append(d.undo, func() { os.RemoveAll(dir) })
	return errors.Join(os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "data"), 0o755))
}

// consoleReady is what the console writes once it serves.
type consoleReady struct {
	URL   string `json:"url"`
	Pin   string `json:"pin"`
	Setup string `json:"setup"`
}

func (d *demo) startConsole(ctx context.Context) (consoleReady, error) {
	var ready consoleReady
	program, err := besideUs("trustline-console")
	if err != nil {
		return ready, errors.New(d.Text("demo.no-console"))
	}
	data := filepath.Join(d.dir, "console")
	file := filepath.Join(d.dir, "console.ready")
	os.Remove(file)
	ended, err := d.start(ctx, "console", program, "serve", "--data", data, "--listen", d.listen, "--ready-file", file)
	if err != nil {
		return ready, err
	}
	err = await(ctx, ended, func() (bool, error) {
		raw, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return json.Unmarshal(raw, &ready) == nil && ready.URL != "", nil
	})
	if err != nil {
		return ready, fmt.Errorf("%s: %w", d.Text("demo.console-failed", message.Args{"Log": filepath.Join(d.dir, "console.log")}), err)
	}
	token, err := exec.CommandContext(ctx, program, "token", "create", "--name", "demo", "--kind", "enrol", "--data", data).Output()
	if err != nil {
		return ready, fmt.Errorf("make an enrolment token: %w", err)
	}
	return ready, os.WriteFile(filepath.Join(d.dir, "token"), token, 0o600)
}

// makeStick makes a stick out of a file and mounts it where the desktop would.
func (d *demo) makeStick(ctx context.Context) (string, error) {
	image, stick := filepath.Join(d.dir, "stick.img"), filepath.Join(d.dir, "stick")
	steps := []struct {
		what string
		do   func() error
	}{
		{"make the stick's image", func() error { return truncate(image, demoStickSize) }},
		{"format the stick", func() error { return runProgram(ctx, "mkfs.ext4", "-q", "-F", "-L", "DEMO", image) }},
		{"make the stick's mount point", func() error { return os.MkdirAll(stick, 0o755) }},
		{"mount the stick", func() error { return runProgram(ctx, "mount", "-o", "loop,nosuid,nodev", image, stick) }},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return "", fmt.Errorf("%s: %w", s.what, err)
		}
	}
	d.undo = append(d.undo, func() { unmountAll(stick) })
	return stick, os.Chmod(stick, 0o777)
}

// unmountAll takes away what is mounted at a place: the stick, which the agent
// has given back, and a guard that a killed agent has left on top of it. Whoever
// copies something there may take a moment to end.
func unmountAll(path string) {
	for end := time.Now().Add(demoEnding / 2); ; {
		err := syscall.Unmount(path, 0)
		switch {
		case err == nil:
		case errors.Is(err, syscall.EBUSY) && time.Now().Before(end):
			time.Sleep(50 * time.Millisecond)
		case errors.Is(err, syscall.EBUSY) && syscall.Unmount(path, syscall.MNT_DETACH) == nil:
		default:
			return
		}
	}
}

func (d *demo) writeSamples() error {
	people := make([]synthetic.Person, demoPeople)
	g := synthetic.New(uint64(time.Now().UnixNano()))
	for i := range people {
		people[i] = g.Person()
	}
	write := func(name string, fill func(io.Writer) error) error {
		f, err := os.Create(filepath.Join(d.dir, "data", name))
		if err != nil {
			return err
		}
		return errors.Join(fill(f), f.Close(), ownBySudoer(f.Name()))
	}
	lang := d.Language()
	return errors.Join(
		write("customers.csv", func(w io.Writer) error { return synthetic.CSV(w, people, lang) }),
		write("customers.xlsx", func(w io.Writer) error { return synthetic.XLSX(w, people, lang) }),
		write("menu.txt", func(w io.Writer) error { _, err := io.WriteString(w, d.Text("demo.harmless")); return err }),
	)
}

func (d *demo) startAgent(ctx context.Context, console consoleReady, stick string) (socket string, err error) {
	socket = filepath.Join(d.dir, "control.sock")
	config := filepath.Join(d.dir, "agent.yaml")
	text := fmt.Sprintf("state: %s\nsocket: %s\nremovable: [%s]\nconsole:\n  url: %s\n  pin: %s\n  token-file: %s\n",
		filepath.Join(d.dir, "state"), socket, stick, console.URL, console.Pin, filepath.Join(d.dir, "token"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write the agent's configuration: %w", err)
	}
	ended, err := d.start(ctx, "agent", d.program(), "run", "--config", config)
	if err != nil {
		return "", err
	}
	return socket, d.awaitGuard(ctx, ended, socket, stick)
}

func (d *demo) awaitGuard(ctx context.Context, ended <-chan struct{}, socket, stick string) error {
	err := await(ctx, ended, func() (bool, error) {
		c, err := control.Dial(ctx, socket)
		if err != nil {
			return false, nil
		}
		defer c.Close()
		status, err := c.Status(ctx)
		if err != nil {
			return false, nil
		}
		for _, g := range status.Guards {
			if g.MountPoint == stick && g.State == control.GuardActive {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", d.Text("demo.agent-failed", message.Args{"Log": filepath.Join(d.dir, "agent.log")}), err)
	}
	return nil
}

// start runs a program until the demo ends; what it says goes to a file. The
// channel is closed when it has ended.
func (d *demo) start(ctx context.Context, name, program string, args ...string) (<-chan struct{}, error) {
	log, err := os.Create(filepath.Join(d.dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	// In a process group of its own, so that Ctrl-C reaches the demo first and
	// things end in order; ended by the kernel if the demo is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	d.undo = append(d.undo, func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(demoEnding):
			cmd.Process.Kill()
			<-ended
		}
	})
	return ended, nil
}

var errEnded = errors.New("it has ended")

// await asks again and again until done, an error, the end of the program it
// waits for, or the end of patience.
func await(ctx context.Context, ended <-chan struct{}, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			return errEnded
		case <-tick.C:
		}
	}
}

func runProgram(ctx context.Context, program string, args ...string) error {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func truncate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}

// besideUs finds a program of ours: beside this one, or on the PATH.
func besideUs(name string) (string, error) {
	if exe, err := os.Executable(); err == nil {
		if p := filepath.Join(filepath.Dir(exe), name); isExecutable(p) {
			return p, nil
		}
	}
	return exec.LookPath(name)
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// ownBySudoer gives a file to the person behind sudo, who will copy it.
func ownBySudoer(path string) error {
	uid, err1 := strconv.Atoi(os.Getenv("SUDO_UID"))
	gid, err2 := strconv.Atoi(os.Getenv("SUDO_GID"))
	if err1 != nil || err2 != nil {
		return nil
	}
	return os.Chown(path, uid, gid)
}

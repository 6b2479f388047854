package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/employee"
	"github.com/trustline/trustline/message"
)

// Bounds on what is run for the page.
const (
	maskSays = 4 << 10         // bytes of what mask says
	maskEnds = 5 * time.Second // once it was told to
)

func newPageCommand(t *terminal) *cobra.Command {
	var (
		socket  string
		toPrint bool
	)
	cmd := &cobra.Command{
		Use:     "page [CASE]",
		Short:   t.Text("page.short"),
		Long:    t.Text("page.long"),
		Example: t.Text("page.example"),
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPage(cmd.Context(), t, socket, toPrint, append(args, "")[0])
		},
	}
	t.socketFlag(cmd, &socket)
	cmd.Flags().BoolVar(&toPrint, "print", false, t.Text("page.print"))
	return cmd
}

// runPage serves the page for as long as somebody has it open.
func runPage(ctx context.Context, t *terminal, socket string, toPrint bool, id string) error {
	if os.Geteuid() == 0 && os.Getenv("SUDO_UID") != "" {
		return errors.New(t.Text("page.sudo"))
	}
	if err := (questions{socket}).reachable(ctx); err != nil {
		return errors.New(t.unreachable(socket, err))
	}
	page, err := newPage(t, socket, slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = page.Run(ctx) }) // ends with the context
	link, err := page.Link(id, "")
	if err != nil {
		return err
	}
	if !toPrint && openBrowser(link) == nil {
		fmt.Fprintln(t.out, t.Text("page.opened"))
	} else {
		fmt.Fprintln(t.out, link)
		fmt.Fprintln(t.err, t.Text("page.link"))
	}
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for page.InUse() {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
	return nil
}

// newPage prepares the page as it is served for real.
func newPage(t *terminal, socket string, log *slog.Logger) (*employee.Page, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return employee.New(employee.Options{
		Service: questions{socket}, Language: t.Language(), Log: log, Open: openBrowser,
		Mask: func(ctx context.Context, in, out, policy string) error {
			return maskWith(ctx, t, self, in, out, policy)
		},
	})
}

// questions asks the service over a connection for each question: people ask
// seldom.
type questions struct{ socket string }

func (q questions) Ask(ctx context.Context, about string, body, into any) error {
	client, err := control.Dial(ctx, q.socket)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ask(ctx, about, body, into)
}

func (q questions) reachable(ctx context.Context) error {
	client, err := control.Dial(ctx, q.socket)
	if err != nil {
		return err
	}
	return client.Close()
}

// maskWith runs “trustline mask” as the person; its error is what that says.
func maskWith(ctx context.Context, t *terminal, self, in, out, policy string) error {
	args := []string{"mask"}
	if policy != "" {
		path, err := temporary(policy)
		if err != nil {
			return fmt.Errorf("hand over what to mask: %w", err)
		}
		defer os.Remove(path)
		args = append(args, "--policy", path)
	}
	cmd := exec.CommandContext(ctx, self, append(args, "--", in, out)...)
	cmd.WaitDelay = maskEnds
	cmd.Cancel = func() error { // so that it leaves nothing half written
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	says := &firstBytes{left: maskSays}
	cmd.Stderr = says
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return nil
	}
	if text := strings.TrimSpace(says.String()); text != "" {
		return errors.New(strings.TrimSpace(strings.TrimPrefix(text, t.Text("error", message.Args{"Error": ""}))))
	}
	return fmt.Errorf("%w", err)
}

// temporary writes a file that only the person may read.
func temporary(text string) (path string, err error) {
	f, err := os.CreateTemp("", "trustline-*.yaml")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// firstBytes keeps the beginning of what is written to it.
type firstBytes struct {
	strings.Builder
	left int
}

func (f *firstBytes) Write(p []byte) (int, error) {
	kept := p[:min(len(p), f.left)]
	f.left -= len(kept)
	if _, err := io.WriteString(&f.Builder, string(kept)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// openBrowser shows an address in the person's browser. It waits a moment for
// what opens it to fail, and no longer: some are the browser themselves.
func openBrowser(url string) error {
	cmd := browserCommand(url)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the browser: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("open the browser with %s: %w", cmd.Path, err)
		}
	case <-time.After(3 * time.Second):
	}
	return nil
}

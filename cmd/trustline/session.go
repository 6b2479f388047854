package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/enforce/clipboard"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/message"
)

func newSessionCommand(t *terminal) *cobra.Command {
	var (
		session prompt.Session
		toPrint bool
		verbose bool
	)
	cmd := &cobra.Command{
		Use:   "session",
		Short: t.Text("session.short"),
		Long:  t.Text("session.long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer frugal()()
			level := slog.LevelWarn
			if verbose {
				level = slog.LevelInfo
			}
			session.Log = slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level}))
			session.Language = t.Language()
			if toPrint {
				return session.Print(cmd.Context(), t.out)
			}
			board := &clipboard.Clipboard{Socket: session.Socket, Environment: os.Getenv, Log: session.Log}
			session.Beside = board.Keep
			err := withPage(cmd.Context(), t, session)
			switch {
			case errors.Is(err, prompt.ErrAlreadyRunning):
				fmt.Fprintln(t.err, t.Text("session.already"))
				return nil
			case errors.Is(err, prompt.ErrNoDesktop):
				return errors.New(t.Text("session.no-desktop", message.Args{"Error": err}))
			case cmd.Context().Err() != nil:
				return nil // told to end
			}
			return err
		},
	}
	t.socketFlag(cmd, &session.Socket)
	cmd.Flags().BoolVar(&session.Once, "once", false, t.Text("session.once"))
	cmd.Flags().BoolVar(&toPrint, "print", false, t.Text("session.print"))
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", os.Getenv("TRUSTLINE_VERBOSE") != "", t.Text("session.verbose"))
	return cmd
}

// frugal has this process keep little memory it does not use: there is one
// helper in every session of the machine, and it waits nearly all the time. The
// runtime keeps some for each processor it works on; what the start took is given
// back once. Call undo at the end.
func frugal() (undo func()) {
	percent, processors := debug.SetGCPercent(30), runtime.GOMAXPROCS(1)
	started := time.AfterFunc(5*time.Second, func() { debug.FreeOSMemory(); giveBackProgram() })
	return func() {
		started.Stop()
		debug.SetGCPercent(percent)
		runtime.GOMAXPROCS(processors)
	}
}

// maxOpening bounds the browsers that are being started at a time.
const maxOpening = 4

// withPage shows notices on the desktop, whose buttons lead to the person's own
// page.
func withPage(ctx context.Context, t *terminal, session prompt.Session) error {
	page, err := newPage(t, session.Socket, session.Log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = page.Run(ctx) }) // ends with the context
	if !session.Once {                  // what ends at once has no page to lead to
		opening := make(chan struct{}, maxOpening)
		session.Offer = page.Offer
		session.Chosen = func(n prompt.Notice, key string) {
			select {
			case opening <- struct{}{}:
				wg.Go(func() { page.Chosen(n, key); <-opening })
			default: // enough are
			}
		}
	}
	return session.Desktop(ctx)
}

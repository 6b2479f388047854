package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"
	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/agent/sessions"
	"github.com/trustline/trustline/agent/tenure"
	"github.com/trustline/trustline/installer"
)

func newRunCommand(t *terminal) *cobra.Command {
	var config string
	var debug bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: t.Text("run.short"),
		Long:  t.Text("run.long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return installer.Run(cmd.Context(), tenure.ErrShutdown, func(ctx context.Context, unheard bool) error {
				if unheard {
					return t.runUnheard(ctx, config, debug)
				}
				c, err := agent.LoadConfig(config)
				if err != nil {
					return err
				}
				return runAgent(ctx, c, t.logger(debug))
			})
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("run.flag.config"))
	cmd.Flags().BoolVar(&debug, "debug", false, t.Text("run.flag.debug"))
	return cmd
}

func runAgent(ctx context.Context, c agent.Config, log *slog.Logger) error {
	worker, err := workerCommand()
	if err != nil {
		return err
	}
	a, err := agent.New(c, version, worker, log)
	if err != nil {
		return err
	}
	return a.Run(ctx, installer.Supervisor{Log: log})
}

// logName is the file in the service's folder that holds its log where the
// service manager keeps none; logMegabytes bounds it, and the one before it.
const (
	logName      = "trustline.log"
	logMegabytes = 10
)

// runUnheard runs the service where nobody reads what it writes to standard
// error: that goes into a file, also why it cannot run.
func (t *terminal) runUnheard(ctx context.Context, config string, debug bool) error {
	c, err := agent.LoadConfig(config)
	if err != nil {
		c.State = agent.DefaultConfig().State
	}
	if private := installer.PrivateFolder(c.State); private != nil {
		return errors.Join(err, private)
	}
	file := &lumberjack.Logger{Filename: filepath.Join(c.State, logName), MaxSize: logMegabytes, MaxBackups: 1}
	defer func() { _ = file.Close() }()
	log := newLogger(file, debug)
	if err == nil {
		err = runAttended(ctx, c, log)
	}
	if err != nil {
		log.Error("the service ends", "error", err)
	}
	return err
}

// runAttended runs the service and a session helper for everybody who is logged
// on. They end with it, so that nobody holds the program when it has ended.
func runAttended(ctx context.Context, c agent.Config, log *slog.Logger) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	helper := []string{exe, "session"}
	if c.Socket != agent.DefaultConfig().Socket {
		helper = append(helper, "--socket", c.Socket)
	}
	helpers, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		if err := sessions.Keep(helpers, helper, log); err != nil {
			log.Error("nobody gets a session helper", "error", err)
		}
	})
	return runAgent(ctx, c, log)
}

func (t *terminal) logger(debug bool) *slog.Logger { return newLogger(t.err, debug) }

func newLogger(w io.Writer, debug bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// workerMemory is what reading one document may take, in bytes.
const workerMemory = 512 << 20

const workerName = "extract-worker"

// workerCommand is how this program starts itself to read documents.
func workerCommand() ([]string, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return []string{exe, workerName}, nil
}

// newWorkerCommand is for the service alone, and therefore not shown.
func newWorkerCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:    workerName,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return sandbox.Work(cmd.Context(), t.in, t.out, workerMemory)
		},
	}
}

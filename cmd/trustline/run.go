package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/sandbox"
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
			c, err := agent.LoadConfig(config)
			if err != nil {
				return err
			}
			service := installer.Config{Program: os.Args[0], File: config}
			return installer.Run(cmd.Context(), service, tenure.ErrShutdown, func(ctx context.Context) error {
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

func (t *terminal) logger(debug bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level}))
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

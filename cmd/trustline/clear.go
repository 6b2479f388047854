package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/estate"
	"github.com/trustline/trustline/agent/repair"
	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/installer"
	"github.com/trustline/trustline/message"
)

// newClearCommand takes away what the service leaves on the machine. Packages
// call it between the service's end and their program's.
func newClearCommand(t *terminal) *cobra.Command {
	var (
		config string
		fate   estate.Fate
	)
	cmd := &cobra.Command{
		Use: "clear", Hidden: true, Args: cobra.NoArgs,
		Short: t.Text("clear.short"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := t.clearAway(cmd.Context(), config)
			if errors.Is(err, repair.ErrRunning) {
				return err // its data is in use
			}
			return errors.Join(err, t.dispose(config, fate, true))
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("install.config"))
	cmd.Flags().Var(&fate, "data", t.Text("uninstall.flag.data"))
	return cmd
}

// clearAway removes what a service that had ended badly has left: packet filter,
// dead guards, socket, drives that are read-only.
func (t *terminal) clearAway(ctx context.Context, config string) error {
	c, err := agent.LoadConfig(config)
	if err != nil {
		c = agent.DefaultConfig()
	}
	steps, err := repair.Run(ctx, repair.Setup{State: c.State, Socket: c.Socket, Running: serviceRuns})
	for _, step := range steps {
		if step.Outcome == repair.Failed {
			err = errors.Join(err, fmt.Errorf("clear away (%s): %s", step.ID, step.Error))
		}
	}
	return err
}

// dispose does with the service's data what was asked for, and says so where it
// stays.
func (t *terminal) dispose(config string, fate estate.Fate, packaged bool) error {
	e, theirs := left(config, packaged)
	if theirs != "" {
		fmt.Fprintln(t.err, t.Text("uninstall.theirs", message.Args{"Folder": theirs}))
	}
	sole, gone, err := e.Settle(fate)
	if err != nil {
		return err
	}
	text := "uninstall.kept"
	switch {
	case fate == estate.Keep || sole == estate.Sole{}:
		return nil
	case gone:
		text = "uninstall.purged"
	}
	fmt.Fprintln(t.err, t.Text(text, message.Args{"Incidents": sole.Incidents, "Files": sole.Files, "Folder": e.State}))
	return nil
}

// left answers what the service leaves, and the folder of data that somebody
// chose, which is theirs. A package has made the configuration as well;
// otherwise that is somebody's who has written it.
func left(config string, packaged bool) (e estate.Estate, theirs string) {
	e = estate.Estate{State: agent.DefaultConfig().State, Folders: sandbox.CacheFolders()}
	c, err := agent.LoadConfig(config) // what cannot be read names no other folder and no other files
	if err == nil && filepath.Clean(c.State) != e.State {
		theirs = c.State
	}
	if packaged {
		e.Folders = append(e.Folders, filepath.Dir(installer.ConfigPath))
	} else {
		e.Spared = []string{config, c.Policy, c.Console.TokenFile}
	}
	return e, theirs
}

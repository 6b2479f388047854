package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/tenure"
	"github.com/trustline/trustline/installer"
)

// firstConfiguration is what a package was told at a silent installation.
type firstConfiguration struct{ path, console, pin, token string }

// newConfigureCommand makes the first configuration of a machine. Packages call
// it where they cannot write files themselves.
func newConfigureCommand(t *terminal) *cobra.Command {
	var f firstConfiguration
	cmd := &cobra.Command{
		Use: "configure", Hidden: true, Args: cobra.NoArgs,
		Short: t.Text("configure.short"),
		RunE:  func(*cobra.Command, []string) error { return t.configure(f) },
	}
	cmd.Flags().StringVar(&f.path, "config", installer.ConfigPath, t.Text("install.config"))
	cmd.Flags().StringVar(&f.console, "console", "", t.Text("enrol.flag.console"))
	cmd.Flags().StringVar(&f.pin, "pin", "", t.Text("enrol.flag.pin"))
	cmd.Flags().StringVar(&f.token, "token", "", t.Text("configure.flag.token"))
	return cmd
}

// newReleaseCommand waits for everything else that runs this program to end.
// Packages call it before they take the program away.
func newReleaseCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "release", Hidden: true, Args: cobra.NoArgs,
		Short: t.Text("release.short"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			return installer.Release(cmd.Context(), exe)
		},
	}
}

// newLeavingCommand notes why the service is about to be stopped. Packages call
// it before they stop it.
func newLeavingCommand(t *terminal) *cobra.Command {
	var config string
	var upgrade bool
	cmd := &cobra.Command{
		Use: "leaving", Hidden: true, Args: cobra.NoArgs,
		Short: t.Text("leaving.short"),
		RunE: func(*cobra.Command, []string) error {
			c, err := agent.LoadConfig(config)
			if err != nil {
				c = agent.DefaultConfig() // a broken configuration keeps nobody from removing
			}
			how := tenure.Removed
			if upgrade {
				how = tenure.Upgraded
			}
			return tenure.Leave(c.State, how)
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("install.config"))
	cmd.Flags().BoolVar(&upgrade, "upgrade", false, t.Text("leaving.flag.upgrade"))
	return cmd
}

// configure leaves a configuration that is there as it is.
func (t *terminal) configure(f firstConfiguration) error {
	dir := filepath.Dir(f.path)
	if err := installer.PrivateFolder(dir); err != nil {
		return err
	}
	if _, err := os.Lstat(f.path); err == nil {
		return nil
	}
	if f.console == "" && f.token != "" {
		return errors.New(t.Text("configure.no-console"))
	}
	text := "# Configuration of the Trustline service. Every field: docs/install.md.\n"
	if f.console != "" {
		token := filepath.Join(dir, "token")
		text += "console:\n  url: " + strconv.Quote(f.console) + "\n  pin: " + strconv.Quote(f.pin) + "\n  token-file: " + strconv.Quote(token) + "\n"
		if err := installed(token, strings.TrimSpace(f.token)+"\n"); err != nil {
			return err
		}
	}
	if err := installed(f.path, text); err != nil {
		return err
	}
	if _, err := agent.LoadConfig(f.path); err != nil {
		return errors.Join(err, os.Remove(f.path))
	}
	return nil
}

// installed writes a file for the service alone; the error holds nothing of it.
func installed(path, text string) error {
	err := os.WriteFile(path, []byte(text), 0o600)
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("write %s: %w", path, p.Err)
	}
	return err
}

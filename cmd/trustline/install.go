package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kardianos/service"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/estate"
	"github.com/trustline/trustline/installer"
	"github.com/trustline/trustline/message"
)

// serviceCommand is one of the commands that ask the system's service manager
// to do something, all alike but for what it is.
// What permits names asks the service first; "" asks nobody.
func (t *terminal) serviceCommand(name, permits string, do func(context.Context, service.Service, installer.Config) error) *cobra.Command {
	var config, code string
	cmd := &cobra.Command{
		Use:   name,
		Short: t.Text(name + ".short"),
		Long:  t.Text(name + ".long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if os.Geteuid() > 0 {
				return errors.New(t.Text("install.need-root", message.Args{"Command": name}))
			}
			program, err := os.Executable()
			if err == nil {
				program, err = filepath.EvalSymlinks(program)
			}
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			c := installer.Config{Program: program, File: config}
			s, err := installer.Service(c, nil)
			if errors.Is(err, installer.ErrNoManager) {
				return errors.New(t.Text("install.no-manager", message.Args{"Config": config}))
			}
			if err != nil {
				return err
			}
			if err := t.permitted(cmd.Context(), permits, code, config); err != nil {
				return err
			}
			if err := do(cmd.Context(), s, c); err != nil {
				return err
			}
			fmt.Fprintln(t.out, t.Text(name+".done", message.Args{"Config": config}))
			return nil
		},
	}
	if name == "install" {
		cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("install.config"))
	} else {
		config = installer.ConfigPath
	}
	if permits != "" {
		cmd.Flags().StringVar(&code, "code", "", t.Text("stop.flag.code"))
	}
	return cmd
}

func newInstallCommand(t *terminal) *cobra.Command {
	return t.serviceCommand("install", "", func(_ context.Context, s service.Service, c installer.Config) error {
		if _, err := agent.LoadConfig(c.File); err != nil {
			return err
		}
		for _, path := range []string{c.Program, c.File} {
			if err := installer.Trusted(path); err != nil {
				return err
			}
		}
		if _, err := s.Status(); !errors.Is(err, service.ErrNotInstalled) {
			return errors.New(t.Text("install.already"))
		}
		if err := s.Install(); err != nil {
			return fmt.Errorf("register the service: %w", err)
		}
		return installer.InstallSession(c)
	})
}

func newUninstallCommand(t *terminal) *cobra.Command {
	var fate estate.Fate
	cmd := t.serviceCommand("uninstall", control.PermitUninstall, func(ctx context.Context, s service.Service, c installer.Config) error {
		status, err := s.Status()
		if errors.Is(err, service.ErrNotInstalled) {
			return errors.Join(errors.New(t.Text("install.absent")), installer.UninstallSession())
		}
		if status == service.StatusRunning {
			if err := s.Stop(); err != nil {
				return fmt.Errorf("stop the service: %w", err)
			}
		}
		err = s.Uninstall()
		packaged := errors.Is(err, fs.ErrNotExist) // what came as a package, the package removes
		if err != nil && !packaged {
			return fmt.Errorf("remove the service: %w", err)
		}
		if err := errors.Join(installer.UninstallSession(), t.clearAway(ctx, c.File)); err != nil || packaged {
			return err
		}
		return t.dispose(c.File, fate, false)
	})
	cmd.Flags().Var(&fate, "data", t.Text("uninstall.flag.data"))
	return cmd
}

func newStartCommand(t *terminal) *cobra.Command {
	return t.serviceCommand("start", "", func(_ context.Context, s service.Service, _ installer.Config) error {
		status, err := s.Status()
		if errors.Is(err, service.ErrNotInstalled) {
			return errors.New(t.Text("install.absent"))
		}
		if status == service.StatusRunning {
			return nil
		}
		if err := s.Start(); err != nil {
			return fmt.Errorf("start the service: %w", err)
		}
		return nil
	})
}

func newStopCommand(t *terminal) *cobra.Command {
	return t.serviceCommand("stop", control.PermitStop, func(_ context.Context, s service.Service, _ installer.Config) error {
		status, err := s.Status()
		if errors.Is(err, service.ErrNotInstalled) {
			return errors.New(t.Text("install.absent"))
		}
		if status == service.StatusStopped {
			return nil
		}
		if err := s.Stop(); err != nil {
			return fmt.Errorf("stop the service: %w", err)
		}
		return nil
	})
}

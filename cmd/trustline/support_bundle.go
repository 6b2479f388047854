package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/doctor"
	"github.com/trustline/trustline/agent/support"
	"github.com/trustline/trustline/installer"
	"github.com/trustline/trustline/message"
)

func newSupportBundleCommand(t *terminal) *cobra.Command {
	var config, out string
	cmd := &cobra.Command{
		Use:   "support-bundle",
		Short: t.Text("support-bundle.short"),
		Long:  t.Text("support-bundle.long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := agent.LoadConfig(config)
			if err != nil && cmd.Flags().Changed("config") {
				return err
			}
			now := time.Now().UTC()
			if out == "" {
				out = "trustline-support-" + now.Format("20060102-150405") + ".zip"
			}
			facts, err := supportFacts(cmd.Context(), c, config, now)
			if err != nil {
				return err
			}
			if err := writeNew(out, func(f *os.File) error { return support.Write(f, facts) }); err != nil {
				return err
			}
			if os.Geteuid() != 0 {
				fmt.Fprintln(t.err, t.Text("support-bundle.as-root"))
			}
			fmt.Fprintln(t.out, t.Text("support-bundle.done", message.Args{"File": out}))
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("support-bundle.flag.config"))
	cmd.Flags().StringVarP(&out, "out", "o", "", t.Text("support-bundle.flag.out"))
	return cmd
}

// writeNew makes a file that was not there, and leaves none when that fails.
func writeNew(path string, write func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}

func supportFacts(ctx context.Context, c agent.Config, config string, now time.Time) (support.Facts, error) {
	f := support.Facts{Version: version, Time: now, System: system(ctx), Data: stateFiles(c.State)}
	setup, err := doctorSetup(config, false)
	if err != nil {
		setup = doctor.Setup{State: c.State, Socket: c.Socket}
	}
	report, err := doctor.Examine(ctx, setup, "en")
	if err != nil {
		return f, err
	}
	f.Doctor = &report
	status, err := askStatus(ctx, setup.Socket)
	if f.Unreachable = err; err == nil {
		f.Status = &status
	}
	f.Log = serviceLog(ctx, c.State)
	return f, nil
}

// system answers what can be learned; what cannot stays empty.
func system(ctx context.Context) support.System {
	s := support.System{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	if info, err := host.InfoWithContext(ctx); err == nil {
		s.Kernel, s.Release = info.KernelVersion, info.Platform+" "+info.PlatformVersion
		s.Uptime = time.Duration(info.Uptime) * time.Second
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		s.Memory = m.Total
	}
	return s
}

func stateFiles(state string) []support.File {
	var list []support.File
	// What cannot be read is left out: the doctor says why.
	_ = filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			name, _ := filepath.Rel(state, path)
			list = append(list, support.File{Name: name, Bytes: info.Size(), Modified: info.ModTime().UTC()})
		}
		return nil
	})
	return list
}

// logEnd is how much of a log that lies in a file is taken along, in bytes.
const logEnd = 1 << 20

// serviceLog answers the end of the service's log: from the file of its own
// where it writes one, else from where systemd keeps it.
func serviceLog(ctx context.Context, state string) *bytes.Buffer {
	if f, err := os.Open(filepath.Join(state, logName)); err == nil {
		defer func() { _ = f.Close() }()
		if info, err := f.Stat(); err == nil && info.Size() > logEnd {
			_, _ = f.Seek(-logEnd, io.SeekEnd)
		}
		out, err := io.ReadAll(io.LimitReader(f, logEnd))
		if err != nil {
			out = append(out, err.Error()...)
		}
		return bytes.NewBuffer(out)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "journalctl", "--unit", installer.Name, "--lines", "5000", "--output", "cat", "--no-pager").Output()
	if err != nil {
		out = []byte(strings.TrimSpace(err.Error()) + "\n")
	}
	return bytes.NewBuffer(out)
}

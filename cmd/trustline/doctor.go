package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/doctor"
	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/installer"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader"
)

const exitMissing = 1 // doctor: something is missing

// maxDetail bounds what is shown of one finding, in runes.
const maxDetail = 500

func newDoctorCommand(t *terminal) *cobra.Command {
	var (
		config string
		asJSON bool
		mend   bool
	)
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: t.Text("doctor.short"),
		Long:  t.Text("doctor.long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			setup, err := doctorSetup(config, cmd.Flags().Changed("config"))
			if err != nil {
				return err
			}
			if mend {
				return t.repair(cmd.Context(), setup, asJSON)
			}
			report, err := doctor.Examine(cmd.Context(), setup, t.Language())
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(t.out).Encode(report)
			} else {
				_, err = fmt.Fprint(t.out, t.doctorPage(report))
			}
			if err != nil {
				return fmt.Errorf("print report: %w", err)
			}
			if !report.Healthy {
				return exitStatus(exitMissing)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("doctor.config"))
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("doctor.json"))
	cmd.Flags().BoolVar(&mend, "repair", false, t.Text("doctor.repair"))
	return cmd
}

// doctorSetup reads the configuration the service would run with; where nobody
// asked for one and there is none, what it would run with without.
func doctorSetup(path string, asked bool) (doctor.Setup, error) {
	c, err := agent.LoadConfig(path)
	if err != nil && (asked || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission)) {
		return doctor.Setup{}, err
	}
	s := doctor.Setup{State: c.State, Socket: c.Socket, Policy: c.Policy, Watch: c.Watch, Search: c.Discovery.Folders}
	if socket := os.Getenv("TRUSTLINE_SOCKET"); socket != "" && !asked {
		s.Socket = socket
	}
	s.Console = consoleSetup(c)
	return s, nil
}

// consoleSetup answers how the service would talk to the console, nil where
// there is none.
func consoleSetup(c agent.Config) *uploader.Config {
	to, cert, err := identity.Shown(c.State)
	if c.Console.URL != "" {
		to = identity.Console{URL: c.Console.URL, Pin: c.Console.Pin}
	}
	if to.URL == "" {
		return nil
	}
	if errors.Is(err, identity.ErrNotEnrolled) {
		cert, err = &tls.Certificate{}, nil // the rest of the way can be tried all the same
	}
	return &uploader.Config{URL: to.URL, Pin: to.Pin, Version: version, Certificate: func() (*tls.Certificate, error) { return cert, err }}
}

// doctorPage lays a report out for people.
func (t *terminal) doctorPage(r doctor.Report) string {
	var b strings.Builder
	names := map[string]string{}
	missing := 0
	for _, c := range r.Checks {
		names[c.ID] = c.Title
		if c.State == doctor.Warn || c.State == doctor.Fail {
			missing++
		}
		fmt.Fprintln(&b, t.Text("doctor.check", message.Args{
			"State": t.Text("doctor.state." + string(c.State)), "Title": c.Title, "Detail": prompt.Harmless(c.Detail, maxDetail),
		}))
		if c.Remedy != "" {
			fmt.Fprintf(&b, "    -> %s\n", prompt.Harmless(c.Remedy, maxDetail))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", t.Text("doctor.channels"))
	width := 0
	for _, c := range r.Channels {
		width = max(width, uniseg.StringWidth(c.Name))
	}
	for _, c := range r.Channels {
		fmt.Fprintf(&b, "  %s%s  %s", c.Name, strings.Repeat(" ", width-uniseg.StringWidth(c.Name)), c.Text)
		var needs []string
		for _, id := range c.Missing {
			needs = append(needs, names[id])
		}
		if len(needs) > 0 {
			fmt.Fprint(&b, t.Text("doctor.needs", message.Args{"Names": strings.Join(needs, t.Text("doctor.and"))}))
		}
		fmt.Fprintln(&b)
	}
	verdict := t.Text("doctor.healthy")
	if !r.Healthy {
		verdict = t.Text("doctor.missing", message.Args{"Count": missing})
	}
	fmt.Fprintf(&b, "\n%s\n", verdict)
	return b.String()
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/trustline/trustline/agent/enforce/isolate"
	"github.com/trustline/trustline/agent/sensor/network"
	"github.com/trustline/trustline/installer"
	"github.com/trustline/trustline/message"
)

// networkReport is what network --json prints.
type networkReport struct {
	network.State
	BeaconConfigured bool `json:"beaconConfigured"`
	// Isolation is null where this user may not see it.
	Isolation *isolate.Status `json:"isolation"`
}

func newNetworkCommand(t *terminal) *cobra.Command {
	var config string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "network",
		Short: t.Text("network.short"),
		Long:  t.Text("network.long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := networkConfig(config, cmd.Flags().Changed("config"))
			if err != nil {
				return err
			}
			watcher, err := network.New(c, t.logger(false))
			if err != nil {
				return fmt.Errorf("configuration %s: %w", config, err)
			}
			state, err := watcher.Look(cmd.Context())
			if err != nil {
				return err
			}
			report := networkReport{State: state, BeaconConfigured: len(c.Beacons) > 0}
			if s, err := isolate.Read(); err == nil {
				report.Isolation = &s
			}
			if asJSON {
				if err := json.NewEncoder(t.out).Encode(report); err != nil {
					return fmt.Errorf("print the network: %w", err)
				}
				return nil
			}
			return t.printNetwork(report)
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("network.flag.config"))
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("network.flag.json"))
	return cmd
}

const maxConfig = 1 << 20

// networkConfig reads the section "network" of the agent's configuration. The
// usual file need not be there, one that was asked for does.
func networkConfig(path string, asked bool) (network.Config, error) {
	var file struct {
		Network network.Config `yaml:"network"`
	}
	f, err := os.Open(path)
	if !asked && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return file.Network, nil
	}
	if err != nil {
		return file.Network, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig))
	if err == nil {
		err = yaml.NewDecoder(bytes.NewReader(data)).Decode(&file)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return file.Network, fmt.Errorf("read configuration %s: %w", path, err)
	}
	return file.Network, nil
}

func (t *terminal) printNetwork(r networkReport) error {
	texts, err := network.LoadTexts()
	if err != nil {
		return err
	}
	lang := t.Language()
	var b strings.Builder
	line := func(id string, args ...message.Args) { fmt.Fprintln(&b, t.Text("network."+id, args...)) }
	line("trust", message.Args{"Trust": texts.Trust(r.Trust, lang)})
	line("why", message.Args{"Why": texts.Reason(r.Reason, lang)})
	for _, also := range r.Also {
		line("also", message.Args{"Why": texts.Reason(also, lang)})
	}
	if remedy := texts.Remedy(r.Trust, lang); remedy != "" {
		line("do", message.Args{"What": remedy})
	}
	for _, l := range r.Links {
		fmt.Fprintln(&b, t.networkLink(l))
	}
	if !r.BeaconConfigured {
		line("no-beacon")
	}
	if r.Source == network.Netlink {
		line("no-manager")
	}
	if s := r.Isolation; s != nil && s.Isolated {
		line("isolated."+string(s.Mode), message.Args{"Packets": s.Packets})
	} else if s != nil {
		line("open")
	}
	if _, err := fmt.Fprint(t.out, b.String()); err != nil {
		return fmt.Errorf("print the network: %w", err)
	}
	return nil
}

func (t *terminal) networkLink(l network.Link) string {
	parts := []string{l.Name, t.Text("network.kind." + string(l.Kind))}
	if l.SSID != "" {
		parts = append(parts, t.Text("network.ssid", message.Args{"SSID": l.SSID}))
	}
	for _, a := range l.Addresses {
		parts = append(parts, a.String())
	}
	if l.Beacon != "" {
		parts = append(parts, t.Text("network.beacon."+string(l.Beacon)))
	}
	return t.Text("network.link", message.Args{"Parts": strings.Join(parts, " · ")})
}

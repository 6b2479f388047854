package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/health"
)

// statusPatience bounds how long the service may take to answer.
const statusPatience = 5 * time.Second

const exitDegraded = 1 // status: running, but protecting less than it should

// statusReport is what status --json prints.
type statusReport struct {
	Running bool            `json:"running"`
	Healthy bool            `json:"healthy"`
	Error   string          `json:"error,omitempty"` // when not running
	Status  *control.Status `json:"status,omitempty"`
}

func newStatusCommand(t *terminal) *cobra.Command {
	var (
		socket string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: t.Text("status.short"),
		Long:  t.Text("status.long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := askStatus(cmd.Context(), socket)
			report := statusReport{Running: err == nil, Healthy: err == nil && !st.Degraded()}
			if err != nil {
				report.Error = err.Error()
			} else {
				report.Status = &st
			}
			switch {
			case asJSON:
				if err := json.NewEncoder(t.out).Encode(report); err != nil {
					return fmt.Errorf("print status: %w", err)
				}
			case err != nil:
				fmt.Fprintln(t.err, t.unreachable(socket, err))
			default:
				texts, err := health.LoadTexts()
				if err != nil {
					return err
				}
				page := statusPage{terminal: t, now: time.Now(), health: texts}
				if _, err := fmt.Fprint(t.out, page.render(st)); err != nil {
					return fmt.Errorf("print status: %w", err)
				}
			}
			switch {
			case !report.Running:
				return exitStatus(exitError)
			case !report.Healthy:
				return exitStatus(exitDegraded)
			}
			return nil
		},
	}
	t.socketFlag(cmd, &socket)
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("status.json"))
	return cmd
}

func askStatus(ctx context.Context, socket string) (control.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	client, err := control.Dial(ctx, socket)
	if err != nil {
		return control.Status{}, err
	}
	defer client.Close()
	return client.Status(ctx)
}

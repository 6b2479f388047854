package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
)

func newAuditCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: t.Text("audit.short"), Long: t.Text("audit.long")}
	cmd.AddCommand(newAuditVerify(t), newAuditExport(t))
	return cmd
}

func newAuditVerify(t *terminal) *cobra.Command {
	var data, noted string
	cmd := &cobra.Command{
		Use: "verify", Short: t.Text("audit.verify.short"), Long: t.Text("audit.verify.long"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			count, newest, found, err := s.VerifyAudit(cmd.Context(), noted)
			var broken *store.BrokenError
			switch {
			case errors.As(err, &broken):
				err = errors.New(t.Text("audit.broken", message.Args{"Seq": broken.Seq}))
			case err == nil && noted != "" && !found:
				err = errors.New(t.Text("audit.cut-off"))
			}
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, t.Text("audit.holds", message.Args{"Count": count, "Newest": newest}))
			return err
		},
	}
	t.dataFlag(cmd, &data)
	cmd.Flags().StringVar(&noted, "noted", "", t.Text("audit.flag.noted"))
	return cmd
}

func newAuditExport(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "export", Short: t.Text("audit.export.short"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			lines := json.NewEncoder(t.out)
			err = s.Audit(cmd.Context(), func(e store.Entry) error { return lines.Encode(e) })
			return errors.Join(err, s.Close())
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

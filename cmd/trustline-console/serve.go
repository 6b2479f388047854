package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/console"
	"github.com/trustline/trustline/console/certificate"
	"github.com/trustline/trustline/console/web"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
)

// stopping bounds how long requests under way may take at the end.
const stopping = 10 * time.Second

func newServeCommand(t *terminal) *cobra.Command {
	var c console.Config
	names := strings.Join(rules.LevelNames(), ", ")
	var ready, level string
	cmd := &cobra.Command{
		Use: "serve", Short: t.Text("serve.short"), Long: t.Text("serve.long"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (c.TLSCert == "") != (c.TLSKey == "") {
				return errors.New(t.Text("serve.cert-and-key"))
			}
			if level != "" {
				var ok bool
				if c.SecondLevel, ok = rules.ParseLevel(level); !ok {
					return errors.New(t.Text("serve.second-level", message.Args{"Names": names}))
				}
			}
			c.Log = slog.New(slog.NewTextHandler(t.err, nil))
			return t.serve(cmd.Context(), c, ready)
		},
	}
	t.dataFlag(cmd, &c.Data)
	cmd.Flags().StringVar(&c.Listen, "listen", "127.0.0.1:8443", t.Text("serve.flag.listen"))
	cmd.Flags().StringVar(&c.TLSCert, "tls-cert", "", t.Text("serve.flag.cert"))
	cmd.Flags().StringVar(&c.TLSKey, "tls-key", "", t.Text("serve.flag.key"))
	cmd.Flags().IntVar(&c.SecondFrom, "second-approver-from", web.SecondFrom, t.Text("serve.flag.second"))
	cmd.Flags().StringVar(&level, "second-approver-level", "", t.Text("serve.flag.second-level", message.Args{"Names": names}))
	cmd.Flags().StringVar(&ready, "ready-file", "", t.Text("serve.flag.ready"))
	return cmd
}

func (t *terminal) serve(ctx context.Context, c console.Config, ready string) error {
	con, err := console.New(ctx, c)
	if err != nil {
		return err
	}
	con.Start()
	if err := t.announce(con, ready); err != nil {
		return errors.Join(err, stop(con))
	}
	select {
	case <-ctx.Done():
		return stop(con)
	case err := <-con.Served():
		return errors.Join(err, stop(con))
	}
}

func stop(con *console.Console) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopping)
	defer cancel()
	return con.Stop(ctx)
}

// announce says where the console is, to people and to a file for scripts.
func (t *terminal) announce(con *console.Console, ready string) error {
	fmt.Fprintln(t.out, t.Text("serve.ready", message.Args{"URL": con.URL(), "Pin": con.Pin()}))
	if con.Setup() != "" {
		fmt.Fprintln(t.out, t.Text("serve.setup", message.Args{"Setup": con.Setup()}))
	}
	if ready == "" {
		return nil
	}
	data, err := json.Marshal(map[string]string{"url": con.URL(), "pin": con.Pin(), "setup": con.Setup()})
	if err != nil {
		return err
	}
	// Whole or not at all, and for nobody else: the set-up link is a secret.
	tmp, err := os.CreateTemp(filepath.Dir(ready), ".ready-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), ready)
}

func newPinCommand(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "pin", Short: t.Text("pin.short"), Long: t.Text("pin.long"), Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := os.Stat(filepath.Join(data, "tls.key")); err != nil {
				return errors.New(t.Text("pin.none", message.Args{"Data": data}))
			}
			c, err := certificate.Load(data, nil)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, certificate.Pin(c))
			return err
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/installer"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader"
)

// maxTokenInput bounds a token read from standard input, in bytes.
const maxTokenInput = 4 << 10

// enrolment is what trustline enrol was asked to do.
type enrolment struct {
	config, tokenFile string
	console           identity.Console
}

func newEnrolCommand(t *terminal) *cobra.Command {
	var e enrolment
	cmd := &cobra.Command{
		Use:   "enrol",
		Short: t.Text("enrol.short"),
		Long:  t.Text("enrol.long"),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := agent.LoadConfig(e.config)
			if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("config") {
				err = nil
			}
			if err != nil {
				return err
			}
			if err := t.settle(&e, c); err != nil {
				return err
			}
			return t.enrol(cmd, e, c.State)
		},
	}
	cmd.Flags().StringVar(&e.config, "config", installer.ConfigPath, t.Text("enrol.flag.config"))
	cmd.Flags().StringVar(&e.console.URL, "console", "", t.Text("enrol.flag.console"))
	cmd.Flags().StringVar(&e.console.Pin, "pin", "", t.Text("enrol.flag.pin"))
	cmd.Flags().StringVar(&e.tokenFile, "token-file", "", t.Text("enrol.flag.token-file"))
	return cmd
}

// settle takes what was not said from the configuration, which the service
// goes by: the two must not differ.
func (t *terminal) settle(e *enrolment, c agent.Config) error {
	if set := c.Console; set.URL != "" {
		if e.console.URL != "" && e.console.URL != set.URL || e.console.Pin != "" && e.console.Pin != set.Pin {
			return errors.New(t.Text("enrol.differs", message.Args{"Config": e.config}))
		}
		e.console = identity.Console{URL: set.URL, Pin: set.Pin}
	}
	if e.tokenFile == "" {
		e.tokenFile = c.Console.TokenFile
	}
	switch {
	case e.console.URL == "":
		return errors.New(t.Text("enrol.no-console"))
	case e.tokenFile == "":
		return errors.New(t.Text("enrol.no-token"))
	}
	return nil
}

func (t *terminal) enrol(cmd *cobra.Command, e enrolment, state string) error {
	token, err := t.readToken(e.tokenFile)
	if err != nil {
		return err
	}
	machine, err := identity.Machine(state)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return errors.New(t.Text("enrol.need-root", message.Args{"State": state}))
		}
		return err
	}
	id := identity.Open(identity.Options{Folder: state, Machine: machine, Version: version, Console: e.console, Log: t.logger(false)})
	client, err := uploader.NewClient(uploader.Config{URL: e.console.URL, Pin: e.console.Pin, Version: version,
		// Asked before there is a certificate, or with one that is to be replaced.
		Certificate: func() (*tls.Certificate, error) { return nil, identity.ErrNotEnrolled }})
	if err != nil {
		return err
	}
	defer client.Close()
	if err := id.Enrol(cmd.Context(), client, token); err != nil {
		return err
	}
	if e.tokenFile != "-" {
		if err := os.Remove(e.tokenFile); err != nil {
			return fmt.Errorf("%s: %w", t.Text("enrol.token-stays"), err)
		}
	}
	until := id.Standing().Until.Local().Format(time.DateTime)
	fmt.Fprintln(t.out, t.Text("enrol.done", message.Args{"URL": e.console.URL, "Machine": machine.ID, "Until": until}))
	return nil
}

func (t *terminal) readToken(file string) (string, error) {
	token, err := identity.Token(file)
	where := file
	if file == "-" {
		where = t.Text("enrol.stdin")
		var raw []byte
		raw, err = io.ReadAll(io.LimitReader(t.in, maxTokenInput))
		token = strings.TrimSpace(string(raw))
	}
	if err == nil && token == "" {
		err = errors.New(t.Text("enrol.empty", message.Args{"File": where}))
	}
	return token, err
}

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/message"
)

// socketFlag adds --socket, whose default is $TRUSTLINE_SOCKET or else where
// the service listens.
func (t *terminal) socketFlag(cmd *cobra.Command, socket *string) {
	path := os.Getenv("TRUSTLINE_SOCKET")
	if path == "" {
		path = control.DefaultPath
	}
	cmd.Flags().StringVar(socket, "socket", path, t.Text("socket.flag"))
}

// unreachable says why the service could not be asked, and what to do.
func (t *terminal) unreachable(socket string, err error) string {
	args := message.Args{"Socket": socket, "Error": err, "Restart": restart}
	switch {
	case errors.Is(err, control.ErrNotRunning):
		return t.Text("socket.not-running", args)
	case errors.Is(err, control.ErrImpostor):
		return t.Text("socket.impostor", args)
	case errors.Is(err, control.ErrBusy):
		return t.Text("socket.busy", args)
	case errors.Is(err, fs.ErrPermission):
		return t.Text("socket.permission", args)
	case errors.Is(err, errors.ErrUnsupported):
		return t.Text("socket.unsupported", args)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return t.Text("socket.silent", args)
	}
	return t.Text("socket.other", args)
}

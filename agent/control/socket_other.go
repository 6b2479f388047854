//go:build !linux && !windows

package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
)

// DefaultPath is where the service listens unless told otherwise.
const DefaultPath = "trustline"

var errNoSocket = fmt.Errorf("control socket on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Listen opens the socket for everybody on this machine to connect to.
func Listen(string) (net.Listener, error) { return nil, errNoSocket }

func dial(context.Context, string) (net.Conn, error) { return nil, errNoSocket }

func peer(net.Conn) (Caller, error) { return Caller{}, errNoSocket }

func self() int { return -1 }

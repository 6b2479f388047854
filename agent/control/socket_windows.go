package control

import (
	"context"
	"fmt"
	"net"
	"unsafe"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/account"
)

// DefaultPath is where the service listens unless told otherwise.
const DefaultPath = `\\.\pipe\trustline`

// access lets the system and administrators do everything, and people who are
// logged on here read and write; nobody comes over the network.
const access = "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;IU)"

// Listen opens the named pipe for everybody at this machine to connect to. One
// that exists already is an error: nobody puts a pipe of their own in our place.
func Listen(path string) (net.Listener, error) {
	l, err := winio.ListenPipe(path, &winio.PipeConfig{SecurityDescriptor: access})
	if err != nil {
		return nil, fmt.Errorf("listen on the control pipe %s (is another service running?): %w", path, err)
	}
	return l, nil
}

// called is a connection seen from the client's end.
type called struct{ net.Conn }

func dial(ctx context.Context, path string) (net.Conn, error) {
	c, err := winio.DialPipeContext(ctx, path)
	if err != nil {
		return nil, err
	}
	return called{c}, nil
}

var (
	kernel32      = windows.NewLazySystemDLL("kernel32.dll")
	pipeClientPID = kernel32.NewProc("GetNamedPipeClientProcessId")
	pipeServerPID = kernel32.NewProc("GetNamedPipeServerProcessId")
)

// peer answers who is at the other end, as the kernel knows the process there.
func peer(conn net.Conn) (Caller, error) {
	ask := pipeClientPID
	if c, ok := conn.(called); ok {
		conn, ask = c.Conn, pipeServerPID
	}
	pipe, ok := conn.(interface{ Fd() uintptr })
	if !ok {
		return Caller{}, fmt.Errorf("connection of type %T has no known peer", conn)
	}
	var pid uint32
	if r, _, err := ask.Call(pipe.Fd(), uintptr(unsafe.Pointer(&pid))); r == 0 {
		return Caller{}, fmt.Errorf("ask who is at the other end of the pipe: %w", err)
	}
	by, err := account.OfProcess(pid)
	if err != nil {
		return Caller{}, fmt.Errorf("ask who runs the process at the other end of the pipe: %w", err)
	}
	return Caller{UID: by.UID, GID: by.UID, PID: int(pid), Privileged: by.Privileged}, nil
}

// self answers this process' own account as peer would.
func self() account.Process {
	own, err := account.OfToken(windows.GetCurrentProcessToken())
	if err != nil {
		return account.Process{UID: -1}
	}
	return own
}

// trusts tells whether a service that may not do everything here is as good as
// ours: one's own, for who may not either. Otherwise a person's own program could
// stand in for the service before that person as an administrator.
func trusts(server Caller) bool { return alike(server, self()) }

func alike(server Caller, own account.Process) bool {
	return server.UID == own.UID && server.UID >= 0 && !own.Privileged
}

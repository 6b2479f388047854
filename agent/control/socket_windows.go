package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"unsafe"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
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
	account, err := accountOf(pid)
	if err != nil {
		return Caller{}, fmt.Errorf("ask who runs the process at the other end of the pipe: %w", err)
	}
	return Caller{UID: account, GID: account, PID: int(pid)}, nil
}

// accountOf answers a number for who runs a process: 0 for the system and for
// elevated administrators, who can do everything here; for others the last
// part of the account's SID, which is its own among the accounts of a machine.
func accountOf(pid uint32) (int, error) {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return -1, err
	}
	defer windows.CloseHandle(process)
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return -1, err
	}
	defer token.Close()
	return number(token)
}

func number(token windows.Token) (int, error) {
	user, err := token.GetTokenUser()
	if err != nil {
		return -1, err
	}
	sid := user.User.Sid
	if sid.IsWellKnown(windows.WinLocalSystemSid) || token.IsElevated() {
		return 0, nil
	}
	n := sid.SubAuthorityCount()
	if n == 0 {
		return -1, errors.New("the account has no number")
	}
	return int(sid.SubAuthority(uint32(n) - 1)), nil
}

// self answers this process' own account as peer would.
func self() int {
	n, err := number(windows.GetCurrentProcessToken())
	if err != nil {
		return -1
	}
	return n
}

//go:build !windows

package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Listen opens the socket for everybody on this machine to connect to. Its
// folder is made when missing and must be one that only the service's own user
// can change. A socket left behind by a service that died is replaced; one that
// is in use is an error.
func Listen(path string) (net.Listener, error) {
	dir := filepath.Dir(path)
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	if err := ownFolder(dir); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		lock.Close()
		return nil, fmt.Errorf("remove the control socket left behind: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("listen on the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		l.Close()
		lock.Close()
		return nil, fmt.Errorf("open the control socket to everybody: %w", err)
	}
	return &lockedListener{Listener: l, lock: lock}, nil
}

// makeFolder makes a missing folder, open to everybody whatever the umask says.
func makeFolder(dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return nil
	}
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		return fmt.Errorf("make the folder of the control socket: %w", err)
	}
	return nil
}

// ownFolder refuses a folder in which somebody else could put a socket of
// their own in our place.
func ownFolder(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at the folder of the control socket: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(st.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("folder %s must belong to uid %d and be writable by it alone: chown and chmod 755 it, or choose another", dir, os.Geteuid())
	}
	return nil
}

// lockFile makes the one service of a socket; the kernel lets go of it when
// the process ends, however it ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the control socket: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another service holds %s: stop it first, or choose another socket: %w", path, err)
	}
	return f, nil
}

type lockedListener struct {
	net.Listener
	lock *os.File
}

func (l *lockedListener) Close() error {
	return errors.Join(l.Listener.Close(), l.lock.Close())
}

func dial(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// self answers this process' own account.
func self() int { return os.Geteuid() }

// trusts tells whether a service that is not the administrator's is as good as
// ours: one's own.
func trusts(server Caller) bool { return server.UID == self() }

// descriptor answers a connection's, for a question to the kernel.
func descriptor(conn net.Conn) (syscall.RawConn, error) {
	uc, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, fmt.Errorf("connection of type %T has no known peer", conn)
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("reach the connection's descriptor: %w", err)
	}
	return raw, nil
}

package sandbox

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// programCalls are what a program in C needs beyond calls, to be loaded and to
// read its own files. Landlock says which files those are; nothing here
// connects, forks, signals or looks at other processes.
var programCalls = []string{
	"execve", "open", "openat", "newfstatat", "stat", "lstat", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
	"getdents64", "pread64", "getcwd", "uname", "sysinfo", "getuid", "geteuid", "getgid", "getegid", "getrusage", "times",
	"set_tid_address", "dup", "fadvise64", "sched_setaffinity", "getpriority", "statx",
}

// canBecome tells whether a program can be confined at all: it opens files, so
// unlike a worker it needs Landlock to say which.
func canBecome() error {
	if v, err := llsys.LandlockGetABIVersion(); err != nil || v < 1 {
		return errors.New("the kernel has no Landlock to confine tesseract with (Linux 5.13 or newer, not switched off)")
	}
	return nil
}

// confineTo gives up everything but starting one program, reading its
// libraries and the folder data, and what is open. memory is in bytes; longest
// is processor time.
func confineTo(program, data string, memory int64, longest time.Duration) error {
	loader, err := loaderOf(program)
	if err != nil {
		return err
	}
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_DATA: uint64(memory), unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: 64,
		unix.RLIMIT_CPU: uint64(longest / time.Second),
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("set limit %d: %w", resource, err)
		}
	}
	if err := becomeNobody(); err != nil {
		return err
	}
	const read = landlock.AccessFSSet(llsys.AccessFSReadFile | llsys.AccessFSReadDir)
	err = landlock.V1.RestrictPaths(
		landlock.PathAccess(llsys.AccessFSExecute|llsys.AccessFSReadFile, program, loader),
		landlock.PathAccess(read, "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", data).IgnoreIfMissing(),
		landlock.PathAccess(llsys.AccessFSReadFile, "/etc/ld.so.cache").IgnoreIfMissing(),
	)
	if err != nil {
		return fmt.Errorf("close the file system: %w", err)
	}
	if err := landlock.V5.BestEffort().RestrictNet(); err != nil {
		return fmt.Errorf("close the network: %w", err)
	}
	return filter(slices.Concat(calls, programCalls))
}

// loaderOf answers what the kernel starts beside a program: its interpreter in
// the sense of ELF.
func loaderOf(program string) (string, error) {
	f, err := elf.Open(program)
	if err != nil {
		return "", fmt.Errorf("look at the program: %w", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			name, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
			if err != nil {
				return "", fmt.Errorf("look at the program: %w", err)
			}
			return strings.TrimRight(string(name), "\x00"), nil
		}
	}
	return program, nil // it is linked statically
}

// execute replaces this process.
func execute(program string, args, env []string) error {
	if err := syscall.Exec(program, args, env); err != nil {
		return fmt.Errorf("start program: %w", err)
	}
	return nil
}

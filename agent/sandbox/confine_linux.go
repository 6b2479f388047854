package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// nobody is the account that owns nothing.
const nobody = 65534

// attributes start a worker in a session of its own: a signal to the service's
// terminal is none of its business.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// calls are what a Go program needs to compute, allocate, and read and write
// what is open already. Nothing here opens, connects, starts or looks.
var calls = []string{
	"read", "readv", "write", "writev", "close", "fstat", "fcntl", "lseek",
	"mmap", "munmap", "mprotect", "madvise", "mremap", "brk", "mincore",
	"futex", "nanosleep", "clock_nanosleep", "clock_gettime", "sched_yield", "sched_getaffinity", "getrandom",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "getpid", "gettid",
	"epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2", "ppoll", "poll", "pipe2",
	"timer_create", "timer_settime", "timer_delete", "setitimer", "restart_syscall", "rseq", "set_robust_list",
	"exit", "exit_group", "prlimit64", "getrlimit", "arch_prctl", "membarrier",
}

// confine gives up everything but reading and writing what is open: account,
// memory and
// descriptors are bounded, the file system and network are closed by Landlock
// where the kernel has it, and by seccomp in any case. memory is in bytes.
func confine(memory int64) error {
	debug.SetMemoryLimit(memory * 3 / 4)
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_DATA: uint64(memory), unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: 16,
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("set limit %d: %w", resource, err)
		}
	}
	if err := becomeNobody(); err != nil {
		return err
	}
	if err := landlock.V5.BestEffort().Restrict(); err != nil {
		return fmt.Errorf("close the file system and the network: %w", err)
	}
	return filter(calls)
}

// unknownCall has a C library fall back on clone, whose flags can be checked.
const unknownCall = seccomp.Action(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))

// becomeNobody leaves the account of the service, where it may.
func becomeNobody() error {
	if os.Geteuid() != 0 {
		return nil
	}
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("leave all groups: %w", err)
	}
	if err := syscall.Setresgid(nobody, nobody, nobody); err != nil {
		return fmt.Errorf("change group: %w", err)
	}
	if err := syscall.Setresuid(nobody, nobody, nobody); err != nil {
		return fmt.Errorf("change account: %w", err)
	}
	return nil
}

func filter(calls []string) error {
	if !seccomp.Supported() {
		return errors.New("the kernel has no seccomp filter")
	}
	info, err := arch.GetInfo("")
	if err != nil {
		return fmt.Errorf("look up system calls: %w", err)
	}
	names := slices.DeleteFunc(slices.Clone(calls), func(name string) bool {
		_, there := info.SyscallNames[name]
		return !there
	})
	bounded := []seccomp.NameWithConditions{
		{Name: "clone", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD}}},
		{Name: "tgkill", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: uint64(os.Getpid())}}},
	}
	err = seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionErrno,
			Syscalls: []seccomp.SyscallGroup{
				{Action: seccomp.ActionAllow, Names: names},
				{Action: seccomp.ActionAllow, NamesWithCondtions: bounded},
				{Action: unknownCall, Names: []string{"clone3"}},
			},
		},
	})
	if err != nil {
		return fmt.Errorf("load system call filter: %w", err)
	}
	return nil
}

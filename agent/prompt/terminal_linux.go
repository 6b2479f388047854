package prompt

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/message"
)

// seat is where a person sits: the terminal of the process that was stopped.
type seat struct {
	uid      int
	pid      int
	leader   int    // of the process's session: the shell, most likely
	own      string // path of the process's terminal, "" when it has none
	device   uint64 // of own
	remote   bool   // the process was started over ssh
	language string // "" until learned, or when unknown
}

const (
	maxAncestors   = 32
	maxEnvironment = 64 << 10
	maxOthers      = 3 // terminals of the person that are told when the process has none
)

// findSeat looks for the terminal of a process or its ancestors. It reads a
// few small files of /proc and never waits for the process.
func findSeat(pid, uid int) seat {
	s := seat{uid: uid, pid: pid}
	var device uint64
	owners := []int{uid}
	for p, depth := pid, 0; p > 1 && depth < maxAncestors; depth++ {
		stat, err := readStat(p)
		if err != nil {
			break
		}
		if device == 0 && stat.tty != 0 {
			device, s.leader = stat.tty, stat.session
		}
		if device != 0 && stat.tty == device {
			owners = append(owners, ownerOf(p))
		}
		s.remote = s.remote || stat.command == "sshd" || stat.command == "sshd-session"
		p = stat.parent
	}
	if name := terminalPath(device); name != "" && ownedBy(name, device, owners) {
		s.own, s.device = name, device
	}
	return s
}

// ownedBy tells whether the terminal belongs to one of the people who run
// processes on it. A process in a container may name a terminal of its own by
// the number of somebody else's.
func ownedBy(name string, device uint64, owners []int) bool {
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		return false
	}
	return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == device && slices.Contains(owners, int(st.Uid))
}

func ownerOf(pid int) int {
	var st unix.Stat_t
	if err := unix.Stat(procPath(pid, ""), &st); err != nil {
		return -1
	}
	return int(st.Uid)
}

func procPath(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// procStat is what is used of /proc/PID/stat; see proc_pid_stat(5).
type procStat struct {
	command         string
	parent, session int
	tty             uint64 // device number as stat(2) gives it; 0 for none
}

func readStat(pid int) (procStat, error) {
	data, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return procStat{}, fmt.Errorf("look at a process: %w", err)
	}
	return parseStat(data)
}

// parseStat finds the end of the command's name, which may hold anything, by
// its last parenthesis.
func parseStat(data []byte) (procStat, error) {
	start, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if start < 0 || end < start {
		return procStat{}, errors.New("look at a process: no command in its state")
	}
	fields := strings.Fields(string(data[end+1:]))
	if len(fields) < 5 {
		return procStat{}, errors.New("look at a process: its state is incomplete")
	}
	var numbers [4]int // parent, group, session, terminal
	for i := range numbers {
		n, err := strconv.ParseInt(fields[i+1], 10, 64)
		if err != nil {
			return procStat{}, fmt.Errorf("look at a process: %w", err)
		}
		numbers[i] = int(n)
	}
	s := procStat{command: string(data[start+1 : end]), parent: numbers[0], session: numbers[2]}
	if n := uint32(numbers[3]); n != 0 { // encoded by the kernel as minor 31..20, major 15..8, minor 7..0
		s.tty = unix.Mkdev(n>>8&0xfff, n&0xff|n>>12&0xfff00)
	}
	return s, nil
}

// terminalPath answers the device file of a terminal.
func terminalPath(device uint64) string {
	major, minor := unix.Major(device), unix.Minor(device)
	switch {
	case major >= 136 && major <= 143: // Unix98 pseudo terminals
		return fmt.Sprintf("/dev/pts/%d", (major-136)<<8|minor)
	case major == 4 && minor >= 1 && minor < 64: // virtual consoles
		return fmt.Sprintf("/dev/tty%d", minor)
	case major == 4 && minor >= 64: // serial lines
		return fmt.Sprintf("/dev/ttyS%d", minor-64)
	}
	return ""
}

// learnLanguage asks the process, or else its shell, which language it speaks.
func (s *seat) learnLanguage() {
	for _, pid := range []int{s.pid, s.leader} {
		if pid <= 0 || s.language != "" {
			continue
		}
		f, err := os.Open(procPath(pid, "environ"))
		if err != nil {
			continue
		}
		data, _ := io.ReadAll(io.LimitReader(f, maxEnvironment))
		f.Close()
		s.language = languageOf(data)
	}
}

// languageOf answers the language an environment block asks for, "" when it
// asks for none.
func languageOf(environment []byte) string {
	found := map[string]string{}
	for _, entry := range bytes.Split(environment, []byte{0}) {
		name, value, ok := strings.Cut(string(entry), "=")
		if ok && (name == "LC_ALL" || name == "LC_MESSAGES" || name == "LANG") && value != "" {
			found[name] = value
		}
	}
	if len(found) == 0 {
		return ""
	}
	return message.FromEnvironment(func(name string) string { return found[name] })
}

// write puts text on the process's own terminal, or else on those of the
// person's other terminals that take messages, the most recently used first.
func (s seat) write(text string) error {
	if s.own != "" {
		return writeTerminal(s.own, s.device, text)
	}
	err := errors.New("the person has no terminal that takes messages")
	for _, t := range terminalsOf(s.uid) {
		if werr := writeTerminal(t.path, t.device, text); werr == nil {
			err = nil
		}
	}
	return err
}

type pts struct {
	path   string
	device uint64
	used   int64 // unix seconds
}

// terminalsOf answers the person's pseudo terminals whose group may write, as
// mesg(1) says and write(1) heeds.
func terminalsOf(uid int) []pts {
	entries, err := os.ReadDir("/dev/pts")
	if err != nil {
		return nil
	}
	var found []pts
	for _, e := range entries {
		var st unix.Stat_t
		name := filepath.Join("/dev/pts", e.Name())
		if e.Name() == "ptmx" || unix.Lstat(name, &st) != nil {
			continue
		}
		if st.Mode&unix.S_IFMT == unix.S_IFCHR && int(st.Uid) == uid && st.Mode&unix.S_IWGRP != 0 {
			found = append(found, pts{name, st.Rdev, st.Atim.Sec})
		}
	}
	slices.SortFunc(found, func(a, b pts) int { return cmp.Compare(b.used, a.used) })
	return found[:min(len(found), maxOthers)]
}

// writeTerminal writes without ever waiting: a terminal that is held (Ctrl-S)
// or whose other side does not read takes nothing.
func writeTerminal(name string, device uint64, text string) error {
	fd, err := unix.Open(name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("open terminal: %w", err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Rdev != device {
		return errors.New("open terminal: it is another one by now")
	}
	n, err := unix.Write(fd, []byte(text))
	if err == nil && n == 0 {
		err = unix.EAGAIN
	}
	if err != nil {
		return fmt.Errorf("write to terminal: %w", err)
	}
	return nil
}

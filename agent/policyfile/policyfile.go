// Package policyfile keeps the company's policy in force: it reads the policy
// file, watches it, and swaps a new policy in once it is known to be sound. A
// file that is broken, gone, or open to other people's hands never takes the
// running policy along. On machines of a fleet a policy that the console has
// signed takes the file's place. It decides nothing and never writes the file.
package policyfile

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/strictyaml"
)

// The codes of events, which are those of incidents.
const (
	Changed = "policy-changed" // a new policy is in force
	Broken  = "policy-broken"  // the new policy cannot be used; the one in force stays, as with the two below
	// Of a policy said to be the console's:
	Forged   = "policy-forged"   // the console has not signed it
	Replayed = "policy-replayed" // it is older than the one in force
)

// Event is a change worth an incident.
type Event struct {
	Code    string
	Version string // of the policy now in force
	// Problem says why a policy cannot be used, in at most maxProblem bytes;
	// "" when it can. It holds no text of the file beyond single words.
	Problem string
}

// maxProblem keeps a problem within a field of an incident.
const maxProblem = 1000

// Origin says where the policy in force comes from.
type Origin string

// The origins.
const (
	FromFile    Origin = "file"
	FromCopy    Origin = "copy"     // of the last sound file, which is not there any more
	FromConsole Origin = "console"  // whatever the file says
	BuiltIn     Origin = "built-in" // there has never been a sound file
)

// Status is how the policy is doing.
type Status struct {
	Version string
	Name    string
	Mode    rules.Mode
	Origin  Origin
	Loaded  time.Time // UTC; when the policy in force was taken up
	Broken  string    // as Event.Problem
}

// File is a policy file being watched. Its methods may be called at any time
// from anywhere; Run only once.
type File struct {
	path string
	kept string // path of a copy of the last sound policy; "" for none
	log  *slog.Logger

	current atomic.Pointer[rules.Policy]
	mu      sync.Mutex
	status  Status

	taking  sync.Mutex        // held while a policy is taken up, and for the following
	seen    [sha256.Size]byte // content of the file's policy in force
	pending []Event           // for Run to tell
	remote  remote
	news    chan struct{} // there is something pending
}

// maxPending bounds events that wait for Run.
const maxPending = 100

// New reads the file. Without a path the built-in policy holds for good. Kept
// is a file in the service's own folder that New and Run keep the last
// sound policy in: it holds when the file cannot be used at the next start, and
// without one the built-in policy does.
func New(path, kept string, log *slog.Logger) *File {
	f := &File{path: path, kept: kept, log: log.With("policy", path), news: make(chan struct{}, 1)}
	f.take(rules.DefaultPolicy(), BuiltIn)
	if path == "" {
		return f
	}
	f.reload()
	if f.Status().Broken != "" {
		f.useCopy()
	}
	return f
}

// Current answers the policy in force.
func (f *File) Current() *rules.Policy { return f.current.Load() }

// Status answers how the policy is doing.
func (f *File) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *File) setBroken(problem string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Broken = problem
}

func (f *File) take(p *rules.Policy, from Origin) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current.Store(p)
	f.status = Status{Version: p.Version(), Name: p.Name(), Mode: p.Mode(), Origin: from, Loaded: time.Now().UTC()}
}

// reload looks at the file again, unless the console's policy holds.
func (f *File) reload() {
	f.taking.Lock()
	defer f.taking.Unlock()
	if f.remote.serial > 0 {
		return
	}
	p, data, err := f.read()
	sum := sha256.Sum256(data)
	broken := f.Status().Broken
	switch {
	case err != nil:
		if text := problem(err); text != broken {
			f.setBroken(text)
			f.log.Error("policy file cannot be used, the policy in force stays", "version", f.Current().Version(), "problem", text)
			f.queue(Event{Code: Broken, Version: f.Current().Version(), Problem: text})
		}
	case sum != f.seen || broken != "":
		f.seen = sum
		f.take(p, FromFile)
		f.keepCopy(data)
		for _, w := range p.Warnings() {
			f.log.Warn("policy", "warning", w.Error())
		}
		f.log.Info("policy in force", "version", p.Version(), "mode", p.Mode())
		f.queue(Event{Code: Changed, Version: p.Version()})
	}
}

func (f *File) read() (*rules.Policy, []byte, error) {
	data, err := readOwned(f.path)
	if err != nil {
		return nil, nil, err
	}
	if sha256.Sum256(data) == f.seen && f.Status().Broken == "" {
		return f.Current(), data, nil
	}
	p, err := rules.ParsePolicy(f.path, data)
	return p, data, err
}

var (
	// errReplaced: the file that was opened is no longer the one of that name.
	errReplaced = errors.New("was replaced while it was being read")
	// errAbsent: there is no file of that name, perhaps only until the new one is
	// written.
	errAbsent = errors.New("does not exist; put the policy there, or take policy out of the configuration to use the built-in one")
)

// readTries bounds how often a file is read again that is being replaced.
const readTries = 10

// readOwned reads the file if nobody but root and the service's own user can
// have written it.
func readOwned(path string) (data []byte, err error) {
	for range readTries {
		if data, err = readOwnedOnce(path); !errors.Is(err, errReplaced) && !errors.Is(err, errAbsent) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return data, err
}

func readOwnedOnce(path string) ([]byte, error) {
	file, err := open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s %w", path, errAbsent)
		}
		return nil, fmt.Errorf("read policy: %w", err)
	}
	defer file.Close()
	if err := trusted(path, file); err != nil {
		return nil, err
	}
	return readBounded(file)
}

// Read reads a policy file that the person at the command line names: bounded,
// but whoever it belongs to.
func Read(path string) ([]byte, error) {
	file, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	defer file.Close()
	return readBounded(file)
}

func readBounded(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read policy: %s is not a regular file", file.Name())
	}
	data, err := io.ReadAll(io.LimitReader(file, strictyaml.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	if len(data) > strictyaml.MaxBytes {
		return nil, fmt.Errorf("read policy: %s is larger than %d bytes", file.Name(), strictyaml.MaxBytes)
	}
	return data, nil
}

// problem says an error in bounded space, whole lines only.
func problem(err error) string {
	lines := strings.Split(err.Error(), "\n")
	var b strings.Builder
	for i, line := range lines {
		more := fmt.Sprintf("… and %d more", len(lines)-i)
		if b.Len()+len(line)+1+len(more)+1 > maxProblem {
			if i == 0 {
				return strings.ToValidUTF8(line[:maxProblem], "")
			}
			b.WriteString(more)
			break
		}
		b.WriteString(line)
		if i < len(lines)-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

package identity

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// ErrNotEnrolled: there is no certificate to show yet.
var ErrNotEnrolled = errors.New("this machine is not enrolled with the console: put a token of kind enrol into the file that console.token-file names, or run trustline enrol")

// Asker takes requests for certificates to the console; uploader.Client is one.
// It tries once. Close lets go of connections that show an older certificate.
type Asker interface {
	Enrol(context.Context, enrol.Request) ([]byte, error)
	Renew(context.Context, enrol.Renewal) ([]byte, error)
	Close()
}

// Options say who and where. TokenFile may be "".
type Options struct {
	Folder    string // the service's state
	Machine   incident.Machine
	Version   string // of the agent
	Console   Console
	TokenFile string
	Log       *slog.Logger
}

// Identity is this machine towards its console. Its methods may be called at
// any time from anywhere.
type Identity struct {
	Options
	kick  chan struct{}
	stuck bool // the token file cannot be removed, as was said
	ready chan struct{}
	once  sync.Once

	enrolling sync.Mutex // held while a certificate is asked for

	mu      sync.Mutex
	kept    *kept
	read    time.Time // of the file, when it was read
	refused enrol.Code
	problem error
}

// Open reads the identity in the state folder. A damaged one is none: the
// machine guards on, and says that it is not enrolled.
func Open(o Options) *Identity {
	i := &Identity{Options: o, kick: make(chan struct{}, 1), ready: make(chan struct{})}
	i.reload()
	if i.kept != nil {
		if err := sealKept(i.Folder); err != nil {
			i.Log.Warn("the machine's key stays unsealed until the next start", "error", err)
		}
	}
	return i
}

// reload takes up what another process has put into the state folder.
func (i *Identity) reload() {
	info, err := os.Stat(filepath.Join(i.Folder, keptName))
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil || info.ModTime().Equal(i.read) {
		return
	}
	i.read = info.ModTime()
	k, err := load(i.Folder, i.Machine.ID)
	if err == nil && k == nil { // removed this moment
		return
	}
	if err != nil {
		i.problem = err
		i.Log.Error("cannot use the machine's certificate", "error", err)
		return
	}
	i.inForce(k)
}

// inForce makes an identity the present one; called with the lock held.
func (i *Identity) inForce(k *kept) {
	i.kept, i.refused, i.problem = k, "", nil
	i.once.Do(func() { close(i.ready) })
}

// Ready is closed once there is a certificate to show.
func (i *Identity) Ready() <-chan struct{} { return i.ready }

// Shown answers which console the machine in a state folder is enrolled with
// and what it shows there, for whoever looks from outside the service;
// ErrNotEnrolled where it is not. It changes nothing.
func Shown(folder string) (Console, *tls.Certificate, error) {
	k, err := load(folder, "")
	if err == nil && k == nil {
		err = ErrNotEnrolled
	}
	if err != nil {
		return Console{}, nil, err
	}
	return k.Console, k.shown, nil
}

// Certificate answers what to show to the console, or ErrNotEnrolled.
func (i *Identity) Certificate() (*tls.Certificate, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.kept != nil:
		return i.kept.shown, nil
	case i.problem != nil:
		return nil, i.problem
	}
	return nil, ErrNotEnrolled
}

// PolicyKeys answers the keys that the console signs policies with, as told
// when the certificate was given.
func (i *Identity) PolicyKeys() [][]byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.kept == nil {
		return nil
	}
	return i.kept.Reply.PolicyKeys
}

// Refused is for uploader.Config: the console does not take the certificate.
func (i *Identity) Refused(code enrol.Code) {
	i.mu.Lock()
	known := i.refused == code
	i.refused = code
	i.mu.Unlock()
	if known {
		return
	}
	i.Log.Warn("the console does not take the machine's certificate", "reason", string(code))
	select {
	case i.kick <- struct{}{}:
	default:
	}
}

// Standing is how it stands with the console.
type Standing struct {
	Enrolled bool
	Until    time.Time  // UTC; zero when not enrolled
	Refused  enrol.Code // why the console refuses, "" when it does not
	Problem  string     // of the last try to get a certificate, "" when it went well
}

// Standing answers how it stands now.
func (i *Identity) Standing() Standing {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := Standing{Enrolled: i.kept != nil, Refused: i.refused}
	if i.kept != nil {
		s.Until = i.kept.shown.Leaf.NotAfter.UTC()
	}
	if i.problem != nil {
		s.Problem = i.problem.Error()
	}
	return s
}

// Enrol asks for a certificate with a token. The present identity, if there is
// one, holds until the new one is on disk.
func (i *Identity) Enrol(ctx context.Context, c Asker, token string) error {
	i.enrolling.Lock()
	defer i.enrolling.Unlock()
	key, raw, err := keyFor(i.Folder, token)
	if err != nil {
		return err
	}
	csr, err := enrol.NewCSR(key, i.Machine.ID)
	if err != nil {
		return err
	}
	body, err := c.Enrol(ctx, enrol.Request{Token: token, CSR: csr, Machine: enrol.Facts{ID: i.Machine.ID, Name: i.Machine.Name, OS: i.Machine.OS, Version: i.Version}})
	if err != nil {
		return err
	}
	reply, _, err := enrol.ParseReply(body, i.Machine.ID, key.Public(), time.Now())
	if err != nil {
		return err
	}
	k := &kept{Console: i.Console, Token: digest(token), Key: raw, Reply: reply}
	if err := k.complete(i.Machine.ID, key); err != nil {
		return err
	}
	if err := i.take(c, k); err != nil {
		return err
	}
	// The key is in the identity now.
	if err := os.Remove(filepath.Join(i.Folder, askedName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tidy up after enrolling: %w", err)
	}
	i.Log.Info("enrolled with the console", "until", k.shown.Leaf.NotAfter.UTC())
	return nil
}

// Renew asks for the next certificate, with a new key and the present one.
func (i *Identity) Renew(ctx context.Context, c Asker) error {
	i.enrolling.Lock()
	defer i.enrolling.Unlock()
	i.mu.Lock()
	present := i.kept
	i.mu.Unlock()
	if present == nil {
		return ErrNotEnrolled
	}
	key, raw, err := newKey()
	if err != nil {
		return err
	}
	csr, err := enrol.NewCSR(key, i.Machine.ID)
	if err != nil {
		return err
	}
	body, err := c.Renew(ctx, enrol.Renewal{CSR: csr, Version: i.Version})
	if err != nil {
		return err
	}
	reply, _, err := enrol.ParseReply(body, i.Machine.ID, key.Public(), time.Now())
	if err != nil {
		return err
	}
	k := &kept{Console: present.Console, Token: present.Token, Key: raw, Reply: reply}
	if err := k.complete(i.Machine.ID, key); err != nil {
		return err
	}
	if err := i.take(c, k); err != nil {
		return err
	}
	i.Log.Info("certificate renewed", "until", k.shown.Leaf.NotAfter.UTC())
	return nil
}

// take makes a new identity the one in force, on disk first.
func (i *Identity) take(c Asker, k *kept) error {
	if err := k.write(i.Folder); err != nil {
		return err
	}
	i.mu.Lock()
	i.inForce(k)
	if info, err := os.Stat(filepath.Join(i.Folder, keptName)); err == nil {
		i.read = info.ModTime()
	}
	i.mu.Unlock()
	c.Close()
	return nil
}

// Token reads an enrolment token; "" where there is none.
func Token(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	raw, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read enrolment token: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

package policyfile

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/signed"
)

// remote is the policy that the console has published.
type remote struct {
	path   string          // of the signed envelope
	keys   func() [][]byte // that the console signs with, 32 bytes each
	serial int64           // of the one in force, 0 for none
	text   [sha256.Size]byte
	stored bool

	refused [sha256.Size]byte // the envelope that was refused last, and told
}

// maxEnvelope bounds the file with the envelope, in bytes.
const maxEnvelope = 2*signed.MaxPayload + 4096

// Console lets the console's policy take the place of the file's for good, from
// the first one on. The last one is kept at a path, as the console has signed
// it: it holds at the next start, also while the console is away. Keys answers
// the console's keys. It is to be called before Run.
func (f *File) Console(path string, keys func() [][]byte) {
	f.taking.Lock()
	defer f.taking.Unlock()
	f.remote.path, f.remote.keys = path, keys
	e, err := readEnvelope(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if len(keys()) == 0 {
		f.log.Warn("the console's policy is not taken up: this machine is not enrolled, so that nobody can tell whether it is the console's")
		return
	}
	var p orders.Policy
	var compiled *rules.Policy
	if err == nil {
		p, compiled, err = f.open(e)
	}
	if err != nil {
		// Somebody had their hands in it, or the machine was enrolled anew.
		f.refuse(Event{Code: Forged, Problem: problem(fmt.Errorf("%s is not what the console has signed; another one is taken up as soon as the console answers: %w", path, err))})
		return
	}
	f.pending = nil // of the file, which does not matter any more
	f.inForce(p, compiled)
	f.remote.stored = true
}

// Offer takes up a policy that is said to be the console's, if the console has
// signed it, it is not older than the one in force, and it is sound. Whatever
// is refused leaves the policy in force, and is told once. The error says that
// the policy, though in force, could not be kept for the next start.
func (f *File) Offer(e signed.Envelope) error {
	f.taking.Lock()
	defer f.taking.Unlock()
	if f.remote.keys == nil {
		return errors.New("this machine takes no policy of a console")
	}
	p, compiled, err := f.open(e)
	sum := sha256.Sum256([]byte(p.Text))
	again := p.Serial == f.remote.serial && sum == f.remote.text
	switch {
	case errors.Is(err, signed.ErrForged), errors.Is(err, signed.ErrUnknownKey):
		f.refuseOnce(e, Event{Code: Forged, Problem: problem(err)})
		return nil
	case err == nil && again:
		f.setBroken("")
		return f.keepEnvelope(e)
	case p.Serial > 0 && p.Serial <= f.remote.serial:
		f.refuseOnce(e, Event{Code: Replayed, Problem: fmt.Sprintf("policy %d was offered while policy %d is in force; if the console was restored from a backup, publish there until its number is higher", p.Serial, f.remote.serial)})
		return nil
	case err != nil:
		f.refuseBroken(e, problem(err))
		return nil
	}
	f.inForce(p, compiled)
	f.remote.stored = false
	return f.keepEnvelope(e)
}

// open answers what an envelope holds. With an error the policy is still
// answered where its signature is right.
func (f *File) open(e signed.Envelope) (orders.Policy, *rules.Policy, error) {
	var keys []ed25519.PublicKey
	for _, k := range f.remote.keys() {
		keys = append(keys, ed25519.PublicKey(k))
	}
	p, err := orders.OpenPolicy(e, keys...)
	if err != nil {
		return orders.Policy{}, nil, err
	}
	compiled, err := rules.ParsePolicy(fmt.Sprintf("policy %d", p.Serial), []byte(p.Text))
	return p, compiled, err
}

func (f *File) inForce(p orders.Policy, compiled *rules.Policy) {
	f.take(compiled, FromConsole)
	f.remote.serial, f.remote.text = p.Serial, sha256.Sum256([]byte(p.Text))
	for _, w := range compiled.Warnings() {
		f.log.Warn("policy", "warning", w.Error())
	}
	f.log.Info("policy of the console in force", "serial", p.Serial, "author", p.Author, "version", compiled.Version(), "mode", compiled.Mode())
	f.queue(Event{Code: Changed, Version: compiled.Version()})
}

// refuseBroken refuses what the console has published. Where the file's policy
// is in force, the file says itself whether it is sound.
func (f *File) refuseBroken(e signed.Envelope, problem string) {
	if f.remote.serial > 0 {
		f.setBroken(problem)
	}
	f.refuseOnce(e, Event{Code: Broken, Problem: problem})
}

func (f *File) refuseOnce(e signed.Envelope, event Event) {
	sum := sha256.Sum256(append([]byte(e.Key+"\x00"+string(e.Signature)+"\x00"), e.Payload...))
	if sum == f.remote.refused {
		return
	}
	f.remote.refused = sum
	f.refuse(event)
}

func (f *File) refuse(e Event) {
	e.Version = f.Current().Version()
	f.log.Error("a policy is refused, the policy in force stays", "reason", e.Code, "version", e.Version, "problem", e.Problem)
	f.queue(e)
}

// queue has Run tell an event. What nobody hears is bounded.
func (f *File) queue(e Event) {
	if len(f.pending) < maxPending {
		f.pending = append(f.pending, e)
	}
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// keepEnvelope keeps the policy in force for the next start, unless it is kept
// already.
func (f *File) keepEnvelope(e signed.Envelope) error {
	if f.remote.stored {
		return nil
	}
	data, err := json.Marshal(e)
	if err == nil {
		err = identity.WriteDurably(f.remote.path, data)
	}
	if err != nil {
		return fmt.Errorf("keep the console's policy for the next start: %w", err)
	}
	f.remote.stored = true
	return nil
}

func readEnvelope(path string) (e signed.Envelope, err error) {
	file, err := open(path)
	if err != nil {
		return e, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxEnvelope+1))
	switch {
	case err != nil:
		return e, err
	case len(data) > maxEnvelope:
		return e, errors.New("it is too large")
	case json.Unmarshal(data, &e) != nil:
		return e, errors.New("it is not JSON of the expected shape")
	}
	return e, nil
}

// Package health is the one list of what can be wrong with the agent on a
// machine: a code, how bad it is, and what to say and do about it in every
// language. Components set and clear warnings; status, heartbeat and doctor
// read them. The package finds nothing out and mends nothing itself.
package health

import (
	"cmp"
	"embed"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader/incident"
)

//go:embed messages
var messages embed.FS

// Code names one thing that can be wrong; it never changes its meaning.
type Code string

// The codes.
const (
	PolicyBroken       Code = "policy-broken"       // the policy file is not the policy in force
	GuardLost          Code = "guard-lost"          // about: mount point
	GuardFailed        Code = "medium-unguarded"    // about: mount point
	DriveWritable      Code = "drive-not-read-only" // about: mount point
	ScanFailing        Code = "scan-failing"        // content cannot be looked at
	SpoolMerging       Code = "spool-full"          // like incidents are counted together
	SpoolFailing       Code = "spool-failing"       // incidents cannot be kept
	LedgerFailing      Code = "ledger-failing"      // rolling totals cannot be kept
	ConsoleUnreachable Code = "console-unreachable" // for longer than it should
	ConsoleRefuses     Code = "console-refuses"     // certificate, token or pin
	NotEnrolled        Code = "not-enrolled"        // nothing to show to the console
	ClockWrong         Code = "clock-wrong"
	ListsBroken        Code = "lists-broken"      // of the company's own people and documents
	NetworkUnknown     Code = "network-unknown"   // nobody knows which network this is
	IsolationFailing   Code = "isolation-failing" // internal systems cannot be closed off, or opened
)

// severities is the list of all codes.
var severities = map[Code]incident.Severity{
	PolicyBroken:       incident.High,
	GuardLost:          incident.High,
	GuardFailed:        incident.High,
	DriveWritable:      incident.High,
	ScanFailing:        incident.High,
	SpoolMerging:       incident.Medium,
	SpoolFailing:       incident.Critical,
	LedgerFailing:      incident.High,
	ConsoleUnreachable: incident.Medium,
	ConsoleRefuses:     incident.High,
	NotEnrolled:        incident.Medium,
	ClockWrong:         incident.Low,
	ListsBroken:        incident.High,
	NetworkUnknown:     incident.Medium,
	IsolationFailing:   incident.High,
}

// Codes answers every code, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(severities)) }

// Severity is how bad it is; an unknown code is medium.
func (c Code) Severity() incident.Severity { return cmp.Or(severities[c], incident.Medium) }

// Warning is one thing that is wrong now.
type Warning struct {
	Code  Code
	About string    // which one, such as a mount point; "" where there is only one
	Since time.Time // UTC
}

// Board holds what is wrong now. Its methods may be called at any time from
// anywhere; the zero value is not usable.
type Board struct {
	log *slog.Logger
	now func() time.Time

	mu  sync.Mutex
	set map[key]time.Time
}

type key struct {
	code  Code
	about string
}

// maxWarnings bounds the board; there are only so many media in one machine.
const maxWarnings = 200

// New answers an empty board.
func New(log *slog.Logger) *Board {
	return &Board{log: log, now: time.Now, set: map[key]time.Time{}}
}

// Set says that something is wrong; saying it again changes nothing.
func (b *Board) Set(code Code, about string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := key{code, about}
	if _, had := b.set[k]; had || len(b.set) >= maxWarnings {
		return
	}
	b.set[k] = b.now().UTC()
	b.log.Warn("health", "warning", string(code), "about", about, "severity", string(code.Severity()))
}

// Clear says that it is right again.
func (b *Board) Clear(code Code, about string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := key{code, about}
	since, had := b.set[k]
	if !had {
		return
	}
	delete(b.set, k)
	b.log.Info("health restored", "warning", string(code), "about", about, "after", b.now().Sub(since).Round(time.Second).String())
}

// Mark sets the warning when an error is given and clears it otherwise.
func (b *Board) Mark(code Code, about string, err error) {
	if err != nil {
		b.Set(code, about)
		return
	}
	b.Clear(code, about)
}

// Warnings answers what is wrong now, worst first, then oldest.
func (b *Board) Warnings() []Warning {
	b.mu.Lock()
	list := make([]Warning, 0, len(b.set))
	for k, since := range b.set {
		list = append(list, Warning{k.code, k.about, since})
	}
	b.mu.Unlock()
	slices.SortFunc(list, func(a, b Warning) int {
		return cmp.Or(rank(b.Code)-rank(a.Code), a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code), cmp.Compare(a.About, b.About))
	})
	return list
}

func rank(c Code) int {
	return slices.Index([]incident.Severity{incident.Low, incident.Medium, incident.High, incident.Critical}, c.Severity())
}

// Texts says warnings in words.
type Texts struct{ catalog *message.Catalog }

// LoadTexts reads the texts of this package.
func LoadTexts() (Texts, error) {
	c, err := message.Load(messages)
	return Texts{c}, err
}

// Title says in one line what is wrong, in the first of the languages there is.
func (t Texts) Title(w Warning, languages ...string) string { return t.text(w, "title", languages) }

// Remedy says what to do about it.
func (t Texts) Remedy(w Warning, languages ...string) string { return t.text(w, "remedy", languages) }

func (t Texts) text(w Warning, what string, languages []string) string {
	p := t.catalog.Printer(languages...)
	id := string(w.Code) + "." + what
	if !p.Has(id) {
		id = "unknown." + what
	}
	return p.Text(id, message.Args{"About": w.About, "Code": string(w.Code)})
}

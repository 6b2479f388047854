// Package doctor examines what this machine can enforce and what is missing for
// more. Each check tries the real thing and undoes it: it mounts, it asks the
// kernel, it talks to the console. It never changes a setting and mends nothing.
package doctor

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader"
)

//go:embed messages
var messages embed.FS

// State is how a check ended.
type State string

// The states.
const (
	OK          State = "ok"
	Warn        State = "warn"        // works, but less well than it could
	Fail        State = "fail"        // something is not protected because of it
	Unsupported State = "unsupported" // this system has no such thing
)

// Result is one check's answer, in words.
type Result struct {
	ID     string `json:"id"` // stable: "fuse"
	State  State  `json:"state"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"` // what to do; "" when nothing is missing
}

// Setup is what the service on this machine is to run with.
type Setup struct {
	State   string           // folder of the service's data
	Socket  string           // where a running service answers
	Policy  string           // policy file, "" for the built-in policy
	Watch   []string         // folders whose new files are reported
	Search  []string         // folders searched for what lies there
	Console *uploader.Config // nil when none is set up
}

// Report is everything found, in the order of the checks.
type Report struct {
	Healthy  bool         `json:"healthy"` // nothing is missing
	Checks   []Result     `json:"checks"`
	Channels []Capability `json:"channels"`
}

// check is one question to this machine.
type check struct {
	id string
	do func(ctx context.Context, e *examination) finding
}

// examination is one run of all checks; a check may leave something for those
// after it.
type examination struct {
	Setup
	consoleClock time.Time     // what the console's clock showed, zero when not asked
	clockAhead   time.Duration // how far this machine's clock was ahead of it then
}

// finding is a check's answer, as ids of texts: ID.SAYS is the detail and
// ID.SAYS.remedy the remedy.
type finding struct {
	state State
	says  string
	args  message.Args
}

func fine(args ...message.Args) finding              { return found(OK, "ok", args) }
func warn(says string, args ...message.Args) finding { return found(Warn, says, args) }
func fail(says string, args ...message.Args) finding { return found(Fail, says, args) }
func unsupported(args ...message.Args) finding       { return found(Unsupported, "unsupported", args) }
func because(err error) message.Args                 { return message.Args{"Error": err} }
func found(s State, says string, a []message.Args) finding {
	all := message.Args{}
	for _, args := range a {
		for k, v := range args {
			all[k] = v
		}
	}
	return finding{s, says, all}
}

// patience bounds one check.
const patience = 15 * time.Second

// Examine runs every check and says what it found in the given language.
func Examine(ctx context.Context, s Setup, language string) (Report, error) {
	catalog, err := message.Load(messages)
	if err != nil {
		return Report{}, fmt.Errorf("load texts of doctor: %w", err)
	}
	p := catalog.Printer(language)
	report := Report{Healthy: true}
	states := map[string]State{}
	e := &examination{Setup: s}
	for _, c := range checks() {
		r := c.run(ctx, e, p)
		if ctx.Err() != nil {
			return Report{}, fmt.Errorf("examine this machine: %w", ctx.Err())
		}
		states[c.id] = r.State
		report.Healthy = report.Healthy && r.State != Warn && r.State != Fail
		report.Checks = append(report.Checks, r)
	}
	report.Channels = capabilities(states, s, p)
	return report, nil
}

func (c check) run(ctx context.Context, e *examination, p *message.Printer) Result {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f := c.do(ctx, e)
	r := Result{ID: c.id, State: f.state, Title: p.Text(c.id + ".title"), Detail: p.Text(c.id+"."+f.says, f.args)}
	if id := c.id + "." + f.says + ".remedy"; f.state != OK && p.Has(id) {
		r.Remedy = p.Text(id, f.args)
	}
	return r
}

// checks in the order they are shown; the console comes before the clock, which
// is held against it.
func checks() []check {
	return append(append([]check{{"system", system}}, platformChecks()...),
		check{"networks", networks},
		check{"service", service},
		check{"state", state},
		check{"spool", spooled},
		check{"policy", policy},
		check{"console", console},
		check{"clock", clock},
		check{"others", others},
	)
}

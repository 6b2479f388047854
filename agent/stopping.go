package agent

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/agent/tenure"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/uploader/incident"
	"github.com/trustline/trustline/uploader/keyfile"
)

// permitted is how long after a right code the service may be stopped.
const permitted = 5 * time.Minute

// The incidents about how the service's runs end.
var endings = map[tenure.Ending]struct {
	code     string
	severity incident.Severity
	then     bool // recorded when the run ends, not when the next begins
}{
	tenure.Stopped:   {"service-stopped", incident.High, true},
	tenure.Removed:   {"service-removed", incident.High, true},
	tenure.Killed:    {"service-killed", incident.High, false},
	tenure.PowerLoss: {"power-lost", incident.Low, false},
	tenure.Upgraded:  {codeUpgraded, incident.Low, true},
	tenure.Replaced:  {codeUpgraded, incident.Low, false},
	tenure.Pretended: {"service-stopped", incident.High, false},
}

const (
	codeUpgraded    = "service-upgraded"
	codePermitted   = "stopped-with-code"
	codeUninstalled = "uninstalled-with-code"
)

// begin notes that the service runs, and records how it ended before.
func (a *Agent) begin(ctx context.Context) {
	var before tenure.Ending
	var since time.Time
	var err error
	a.tenure, before, since, err = tenure.Begin(filepath.Join(a.config.State, "run.json"), a.version, time.Now())
	if err != nil {
		a.log.Error("how this run ends will not be known", "error", err)
	}
	if e, ok := endings[before]; ok && !e.then {
		a.say(ctx, e.code, e.severity, map[string]string{"since": since.UTC().Format(time.RFC3339)})
	}
}

// end notes how the service ends, and records it where nobody permitted it.
func (a *Agent) end(ctx context.Context) error {
	how, leaving := tenure.Stopped, a.tenure.Leaving(time.Now())
	switch {
	case a.desk.mayStop():
		how = tenure.Permitted
	case tenure.ShuttingDown(), errors.Is(context.Cause(ctx), tenure.ErrShutdown):
		how = tenure.Shutdown
	case leaving != tenure.None:
		how = leaving
	}
	if e, ok := endings[how]; ok && a.desk.known {
		a.say(context.WithoutCancel(ctx), e.code, e.severity, nil)
	}
	if how != tenure.Shutdown {
		a.farewell(ctx, how)
	}
	return a.tenure.End(how, time.Now())
}

// How long the console may take to hear of the end: goodbye of any, lastGoodbye of
// one after which the program is not there to tell it later.
const (
	goodbye     = 3 * time.Second
	lastGoodbye = 10 * time.Second
)

// farewell sends what waits; the program may never run again.
func (a *Agent) farewell(ctx context.Context, how tenure.Ending) {
	if a.uploader == nil {
		return
	}
	select {
	case <-a.identity.Ready():
	default:
		return
	}
	patience := goodbye
	if how == tenure.Removed {
		patience = lastGoodbye
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	defer a.client.Close()
	if err := a.uploader.Drain(ctx); err != nil {
		a.log.Warn("the console does not hear of the service's end yet", "error", err)
	}
}

func (d *desk) mayStop() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Since(d.stopAllowed) < permitted
}

// stop answers whether the administrator may stop or remove the service: with
// a code, where the machine is one of a fleet.
func (d *desk) stop(ctx context.Context, c control.Caller, q control.Stop) (control.StopAnswer, error) {
	switch {
	case !c.Root():
		return control.StopAnswer{}, control.RefusedNotRoot
	case q.Permits != control.PermitStop && q.Permits != control.PermitUninstall:
		return control.StopAnswer{}, control.RefusedCode
	case !d.enrolled():
		return d.permitStop(ctx, q.Permits, "")
	case q.Code == "":
		return d.stopChallenge(q.Permits)
	}
	if err := d.stopCode(q); err != nil {
		return control.StopAnswer{}, err
	}
	code := codePermitted
	if q.Permits == control.PermitUninstall {
		code = codeUninstalled
	}
	return d.permitStop(ctx, q.Permits, code)
}

// enrolled tells whether the machine is one of a fleet.
func (d *desk) enrolled() bool {
	if d.agent.identity == nil {
		return false
	}
	_, err := d.agent.identity.Certificate()
	return !errors.Is(err, identity.ErrNotEnrolled)
}

func (d *desk) permitStop(ctx context.Context, permits, code string) (control.StopAnswer, error) {
	if code != "" {
		d.agent.say(ctx, code, incident.Medium, map[string]string{"permits": permits})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopAllowed = time.Now()
	return control.StopAnswer{Permitted: true}, nil
}

func (d *desk) stopChallenge(permits string) (control.StopAnswer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.secret) == 0 {
		return control.StopAnswer{}, control.RefusedNoCodes
	}
	d.stopSpoken = challenged{permits, grant.NewChallenge(), time.Now()}
	return control.StopAnswer{Challenge: d.stopSpoken.challenge}, nil
}

// challenged is a challenge to stop that waits for its code.
type challenged struct {
	permits, challenge string
	at                 time.Time
}

func (d *desk) stopCode(q control.Stop) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.locked(now, 0, control.PermitStop) {
		return control.RefusedLocked
	}
	s := d.stopSpoken
	if s.permits != q.Permits || now.Sub(s.at) > byPhone || !grant.CodeIs(q.Code, d.secret, q.Permits, s.challenge) {
		d.wrong = append(d.wrong, guess{now, 0, control.PermitStop}) // also for removing it
		return control.RefusedCode
	}
	d.stopSpoken = challenged{}
	return nil
}

// keepSecret keeps what codes are made with, for when the console cannot be
// reached.
func (d *desk) keepSecret(secret []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if slices.Equal(d.secret, secret) || len(secret) == 0 {
		return nil
	}
	d.secret = slices.Clone(secret)
	return keyfile.Write(d.secretFile(), secret)
}

func (d *desk) secretFile() string { return filepath.Join(d.agent.config.State, "codes.key") }

// maxSecret bounds what codes are made with, in bytes.
const maxSecret = 4 << 10

func (d *desk) readSecret() {
	var err error
	d.secret, err = keyfile.Read(d.secretFile(), maxSecret)
	if err == nil && len(d.secret) > 0 {
		err = keyfile.Keep(d.secretFile(), maxSecret)
	}
	// Without the file codes wait for the console.
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.agent.log.Warn("the key of the codes by telephone", "error", err)
	}
}

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/agent/enforce/quarantine"
	"github.com/trustline/trustline/agent/grants"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

const (
	// keeping is how long what is in quarantine can be given back.
	keeping = 90 * 24 * time.Hour
	// sweeping is how often what has expired is destroyed.
	sweeping = time.Hour
)

// custody takes files into safe keeping that should not be where they are.
type custody struct {
	store *quarantine.Store
	notes quarantine.Notes
}

func (a *Agent) openCustody() (err error) {
	c := &custody{}
	if c.notes, err = quarantine.LoadNotes(); err != nil {
		return err
	}
	if c.store, err = Quarantine(a.config, a.log); err != nil {
		return err
	}
	a.custody = c
	return c.store.Recover(a.recordTaken)
}

// recordTaken records the incident of a file that a run before has taken and may
// not have recorded. It has the same ID, so that the console has it once.
func (a *Agent) recordTaken(e quarantine.Entry) error {
	var i incident.Incident
	if err := json.Unmarshal(e.Record, &i); err != nil {
		a.log.Error("the incident of a file in quarantine cannot be read", "incident", e.Incident, "error", err)
		return nil
	}
	return a.record(context.Background(), i)
}

// Quarantine opens what the service of this configuration keeps, also beside
// one that runs.
func Quarantine(c Config, log *slog.Logger) (*quarantine.Store, error) {
	key, err := secret(filepath.Join(c.State, "quarantine.key"), len(quarantine.Key{}))
	if err != nil {
		return nil, err
	}
	return quarantine.Open(filepath.Join(c.State, "quarantine"), quarantine.Key(key), log)
}

// settle does what was decided about a file that has already arrived somewhere:
// it is recorded, and taken into quarantine where the policy says so.
func (a *Agent) settle(ctx context.Context, r *finding) {
	act, d := r.activity, r.decision
	// What could not be kept off a medium is taken back from it.
	undo := act.Channel == activity.RemovableMedia && d.Action.Stops()
	stopped := d.Action == rules.Quarantine || undo
	take := stopped && !r.closed
	sum := func() (string, error) { return sumOfFile(ctx, r.path, r.judged) }
	failed, about := "", ""
	if stopped {
		approval := a.judge.approval(act, sum)
		if uid, ok := a.grants.Holder(approval.use.Channel, approval.use.Destination); ok && undo && act.Actor.UID < 0 {
			approval.use.UID = uid // file systems of sticks know no owner; the drive is open for this person
		}
		if a.judge.goesOn(ctx, r.content, &part{activity: act, decision: d, situation: r.situation, approval: approval}) {
			return
		}
		failed, about = approval.failed(), approval.about()
	}
	i, err := a.judge.incident(act, r.content, d, r.situation, incident.Reported)
	if err != nil {
		a.log.Error("incident is not recorded", "error", err)
		return
	}
	i.Decision.GrantFailed, i.Decision.GrantAbout = failed, about
	if r.atRest || stopped {
		switch i.File.SHA256, err = sum(); {
		case errors.Is(err, quarantine.ErrChanged), errors.Is(err, fs.ErrNotExist):
			return // it will be looked at again
		case err != nil:
			a.log.Warn("a file cannot be told apart by its content", "incident", i.ID, "error", withoutPath(err))
		}
		// What can be approved is this content.
		act.Subject.SHA256, act.Subject.Begun = i.File.SHA256, err != nil
	}
	if r.add != nil {
		r.add(&i)
	}
	gone := ""
	var taken quarantine.Entry
	if take {
		expires := time.Now().Add(keeping)
		note := a.custody.notes.Text(filepath.Base(r.path), i.ID, d.Title.In, expires)
		i.Decision.Outcome = incident.Undone
		record, err := json.Marshal(i)
		if err == nil {
			taken, err = a.custody.store.Take(r.path, r.judged, quarantine.Cause{Incident: i.ID, Record: record, Note: note, Expires: expires})
		}
		switch {
		case err == nil:
			gone = discovery.Quarantined
		case errors.Is(err, quarantine.ErrChanged):
			return // it will be looked at again
		default:
			i.Decision.Outcome = incident.Reported
			a.log.Error("a file is not taken into quarantine, only reported", "incident", i.ID, "error", err)
		}
	}
	if r.atRest {
		a.finder.keep(r, i, gone)
	}
	if a.judge.keep(ctx, act, i, d) && gone != "" {
		if err := a.custody.store.Recorded(taken); err != nil {
			a.log.Warn("the incident of a file in quarantine is recorded again at the next start", "incident", i.ID, "error", err)
		}
	}
}

// sumOfFile answers the SHA-256 in hex of a file that is still the one judged.
func sumOfFile(ctx context.Context, path string, judged fs.FileInfo) (string, error) {
	f, err := openPlain(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && (!os.SameFile(info, judged) || info.Size() != judged.Size() || !info.ModTime().Equal(judged.ModTime())) {
		err = quarantine.ErrChanged
	}
	if err != nil {
		return "", err
	}
	return sha256Of(ctx, f, info.Size())
}

const (
	codeGivenBack    = "quarantine-given-back"
	codeNotGivenBack = "quarantine-not-given-back"
)

// giveBack puts what somebody was approved to have where it was, and where the
// approval lets it stay. What cannot be put back now is tried again with the
// next approval and when the service starts.
func (a *Agent) giveBack(ctx context.Context) {
	if a.custody == nil {
		return
	}
	kept, err := a.custody.store.List()
	if err != nil {
		a.log.Error("the quarantine cannot be looked through for what was approved", "error", err)
		return
	}
	for _, e := range kept {
		open := slices.ContainsFunc(a.grants.Of(e.UID, e.Incident), func(g grants.State) bool { return g.Open })
		if !open || e.UID < 0 {
			continue
		}
		if _, err := a.custody.store.Restore(e.ID, ""); err != nil {
			a.log.Warn("a file that was approved stays in quarantine", "incident", e.Incident, "error", err)
			a.say(ctx, codeNotGivenBack, incident.Medium, map[string]string{"incident": e.Incident})
			continue
		}
		a.say(ctx, codeGivenBack, incident.Low, map[string]string{"incident": e.Incident})
	}
}

// sweep destroys what has been in quarantine long enough.
func (a *Agent) sweep(ctx context.Context) {
	a.giveBack(ctx)
	again := time.NewTicker(sweeping)
	defer again.Stop()
	for {
		gone, err := a.custody.store.Expire(time.Now())
		if err != nil {
			a.log.Error("what has expired stays in quarantine", "error", err)
		}
		for _, e := range gone {
			a.say(ctx, "quarantine-destroyed", incident.Low, map[string]string{"incident": e.Incident})
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/grants"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/guard/letters"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/agent/ledger"
	"github.com/trustline/trustline/agent/lists"
	"github.com/trustline/trustline/agent/policyfile"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/agent/tenure"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/uploader"
	"github.com/trustline/trustline/uploader/incident"
	"github.com/trustline/trustline/uploader/keyfile"
	"github.com/trustline/trustline/uploader/spool"
)

// stopping bounds how long giving the media back may take.
const stopping = 15 * time.Second

// Agent is the service on one workstation.
type Agent struct {
	config   Config
	version  string
	started  time.Time
	machine  incident.Machine
	log      *slog.Logger
	policy   *policyfile.File
	spool    *spool.Spool
	ledger   *ledger.Ledger
	sandbox  *sandbox.Sandbox
	judge    *Judge
	keeper   *guard.Keeper
	standing *standing       // where not every medium can have a guard
	letters  *letters.Keeper // of drives with a guard
	drives   *driveKeeping   // instead of a guard
	control  *control.Server
	teller   *prompt.Teller
	uploader *uploader.Uploader // nil without a console, as are the two below
	client   *uploader.Client
	identity *identity.Identity
	listener net.Listener
	site     *site
	custody  *custody
	finder   *finder
	errands  *errands
	cases    *cases.Book
	grants   *grants.Book
	desk     *desk
	tenure   *tenure.Tenure
	shelf    *lists.Shelf // nil without a console
	lists    atomic.Pointer[ownLists]
	health   *health.Board
	texts    health.Texts
	today    atomic.Int64
}

// New makes everything the service needs and opens its state; Run does the
// work. Worker is the command line that reads documents in a process of its
// own; without one they are read in this process.
func New(c Config, version string, worker []string, log *slog.Logger) (*Agent, error) {
	a := &Agent{config: c, version: version, started: time.Now().UTC(), log: log, health: health.New(log)}
	steps := []func() error{a.openState, a.openControl, func() error { return a.makeJudge(worker) }, a.openUploader, a.openDesk, a.openSite, a.openCustody, func() error { return a.openFinder(worker) }, a.openErrands, a.openLists}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	a.drives = a.newDriveKeeping()
	a.letters = Letters(c, log)
	a.keeper = guard.NewKeeper(a.judge, guard.Options{Scratch: filepath.Join(c.State, "scratch"), Letters: a.letters, Log: log})
	a.standing = &standing{can: guard.CanGuard, keeper: a.keeper}
	return a, nil
}

func (a *Agent) openState() (err error) {
	state := a.config.State
	if a.machine, err = identity.Machine(state); err != nil {
		return err
	}
	key, err := spool.LoadKey(filepath.Join(state, "spool.key"))
	if err != nil {
		return fmt.Errorf("open the spool: %w", err)
	}
	if a.spool, err = spool.Open(filepath.Join(state, "spool"), key, a.machine, spool.Limits{}, a.log); err != nil {
		return fmt.Errorf("open the spool: %w", err)
	}
	if a.ledger, err = ledger.Open(filepath.Join(state, "ledger.db"), a.log); err != nil {
		return fmt.Errorf("open the totals: %w", err)
	}
	a.policy = policyfile.New(a.config.Policy, filepath.Join(state, "policy.yaml"), a.log)
	return nil
}

func (a *Agent) openControl() (err error) {
	if a.texts, err = health.LoadTexts(); err != nil {
		return err
	}
	a.control = &control.Server{Status: a.status, Log: a.log}
	if a.teller, err = prompt.NewTeller(a.control, a.log); err != nil {
		return fmt.Errorf("prepare notices: %w", err)
	}
	if a.listener, err = control.Listen(a.config.Socket); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("open the control socket: %w", err)
	}
	return nil
}

func (a *Agent) makeJudge(worker []string) error {
	// Hashes of values are comparable on this machine only.
	key, err := secret(filepath.Join(a.config.State, "detect.key"), len(detect.Key{}))
	if err != nil {
		return err
	}
	pack := detect.NewPack(detect.Key(key))
	engine := rules.NewEngine(pack, rules.Limits{})
	if len(worker) > 0 {
		a.sandbox = sandbox.New(sandbox.Options{Command: worker, Logger: a.log})
		engine = engine.Isolated(a.sandbox.Extract)
	}
	if key, err = secret(filepath.Join(a.config.State, "cases.key"), len(cases.Key{})); err != nil {
		return err
	}
	if a.cases, err = cases.Open(filepath.Join(a.config.State, "cases"), cases.Key(key), a.log); err != nil {
		return err
	}
	a.judge = &Judge{
		Engine: engine, Pack: pack, Policy: a.policy.Current, Ledger: a.ledger, Machine: a.machine, Cases: a.cases,
		Record: a.record, Tell: a.teller.Tell, Scratch: filepath.Join(a.config.State, "scratch"), Log: a.log,
	}
	if err := os.MkdirAll(a.judge.Scratch, 0o700); err != nil {
		return fmt.Errorf("make the folder for what is looked at: %w", err)
	}
	a.control.Clip, a.control.ClipFile = a.judge.Clip, a.judge.ClipFile
	return nil
}

func (a *Agent) openUploader() error {
	console := &a.config.Console
	console.settle(a.config.State)
	if console.URL == "" {
		return nil
	}
	a.identity = identity.Open(identity.Options{
		Folder: a.config.State, Machine: a.machine, Version: a.version, Log: a.log,
		Console: identity.Console{URL: console.URL, Pin: console.Pin}, TokenFile: console.TokenFile,
	})
	a.policy.Console(filepath.Join(a.config.State, policyName), a.identity.PolicyKeys)
	var err error
	if a.client, err = uploader.NewClient(uploader.Config{
		URL: console.URL, Pin: console.Pin, Version: a.version, Certificate: a.identity.Certificate, Refused: a.identity.Refused,
	}); err != nil {
		return fmt.Errorf("prepare the way to the console: %w", err)
	}
	a.uploader = uploader.New(a.spool, a.client, a.vitals, uploader.DefaultPace(), a.log)
	return nil
}

func (a *Agent) openSite() (err error) {
	if a.site, err = a.newSite(); err != nil {
		return err
	}
	a.judge.Network = a.site.trust
	return nil
}

// record keeps incidents, all or none; when it returns nil they are not lost
// any more.
func (a *Agent) record(ctx context.Context, incidents ...incident.Incident) error {
	err := a.spool.Put(ctx, incidents...)
	a.health.Mark(health.SpoolFailing, "", err)
	if err == nil {
		a.today.Add(int64(len(incidents)))
	}
	return err
}

// Supervisor is told how the service is doing. Where Pulse answers a time, a
// service that does not say Alive that often counts as stuck.
type Supervisor interface {
	Ready()
	Pulse() time.Duration
	Alive()
	Stopping()
}

// Run guards until the context ends, then gives everything back.
func (a *Agent) Run(ctx context.Context, s Supervisor) error {
	defer s.Stopping()
	defer func() {
		if err := a.close(); err != nil {
			a.log.Error("cannot close down cleanly", "error", err)
		}
	}()
	a.begin(ctx)
	// The parts that media, people and incidents depend on live a little
	// longer than the guards.
	last, stopLast := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLast()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.policy.Run(ctx, a.policyEvent(ctx)) })
	group.Go(func() error { return a.keepMedia(ctx) })
	group.Go(func() error { return a.watchFolders(ctx) })
	group.Go(func() error { return a.finder.run(ctx) })
	group.Go(func() error { a.runErrands(ctx); return nil })
	group.Go(func() error { a.sweep(ctx); return nil })
	group.Go(func() error { a.watchTime(ctx); return nil })
	group.Go(func() error { a.site.run(ctx, a.config.Network); return nil })
	if a.sandbox != nil {
		group.Go(func() error { a.prepare(ctx); return nil })
	}
	if a.listener != nil {
		group.Go(func() error { return a.control.Serve(ctx, a.listener) })
	}
	if a.uploader != nil {
		group.Go(func() error { a.identity.Run(ctx, a.client, identity.DefaultPace()); return nil })
		group.Go(func() error { return a.upload(ctx) })
		group.Go(func() error { a.follow(ctx); return nil })
		group.Go(func() error { a.shelf.Run(ctx, a.client.List, a.useLists, a.listEvent(ctx)); return nil })
	}
	var tellers errgroup.Group
	tellers.Go(func() error { a.teller.Run(last); return nil })
	group.Go(func() error { a.live(ctx, s); return nil })
	a.log.Info("service started", "version", a.version, "policy", a.policy.Status().Version)
	err := group.Wait()
	if err == nil {
		err = a.end(ctx)
	}
	stopLast()
	return errors.Join(err, tellers.Wait())
}

// upload begins once the machine is enrolled.
func (a *Agent) upload(ctx context.Context) error {
	defer a.client.Close()
	select {
	case <-ctx.Done():
		return nil
	case <-a.identity.Ready():
		return a.uploader.Run(ctx)
	}
}

// prepare has what reading PDF takes made ahead, so that no copy waits for it.
func (a *Agent) prepare(ctx context.Context) {
	if err := a.sandbox.Prepare(ctx); err != nil && ctx.Err() == nil {
		a.log.Warn("the first PDF will wait", "error", err)
	}
}

// live says that the service lives for as long as its parts answer.
func (a *Agent) live(ctx context.Context, s Supervisor) {
	s.Ready()
	pulse := s.Pulse()
	if pulse == 0 {
		return
	}
	beat := time.NewTicker(pulse)
	defer beat.Stop()
	for {
		// Asks every part that could be stuck.
		a.vitals()
		s.Alive()
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
	}
}

// policyEvent makes a change of policy an incident.
func (a *Agent) policyEvent(ctx context.Context) func(policyfile.Event) {
	return func(e policyfile.Event) {
		severity := incident.Low
		detail := map[string]string{"policy": e.Version}
		if e.Code != policyfile.Changed {
			severity = incident.High
			detail["problem"] = e.Problem
		}
		a.say(ctx, e.Code, severity, detail)
		a.site.policyChanged(ctx)
		a.checkLists()
	}
}

// say records an incident of the agent's own.
func (a *Agent) say(ctx context.Context, code string, severity incident.Severity, detail map[string]string) {
	i, err := incident.New(incident.Agent, time.Now())
	if err == nil {
		i.Machine, i.Severity, i.Code, i.Detail = a.machine, severity, code, detail
		err = a.judge.Record(ctx, i)
	}
	if err != nil {
		a.log.Error("incident is not recorded", "code", code, "error", err)
	}
}

func (a *Agent) close() error {
	var errs []error
	if a.listener != nil {
		// Closed by Serve already where that ran.
		_ = a.listener.Close()
	}
	if a.sandbox != nil {
		errs = append(errs, a.sandbox.Close())
	}
	if a.finder != nil {
		errs = append(errs, a.finder.close())
	}
	if a.cases != nil {
		a.cases.Close()
	}
	if a.ledger != nil {
		errs = append(errs, a.ledger.Close())
	}
	if a.spool != nil {
		errs = append(errs, a.spool.Close())
	}
	return errors.Join(errs...)
}

// secret reads a key of so many bytes, made at the first start and kept.
func secret(path string, size int) ([]byte, error) {
	data, err := keyfile.Read(path, int64(size))
	switch {
	case err == nil && len(data) == size:
		if err := keyfile.Keep(path, int64(size)); err != nil {
			return nil, fmt.Errorf("protect a key: %w", err)
		}
		return data, nil
	case err == nil:
		return nil, fmt.Errorf("the key %s is damaged: restore it, or remove it to have a new one made (what it sealed cannot be read then)", path)
	case errors.Is(err, keyfile.ErrSealed):
		return nil, fmt.Errorf("read a key: %w, or remove it to have a new one made (what it sealed cannot be read then)", err)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read a key: %w", err)
	}
	data = make([]byte, size)
	rand.Read(data) // never fails
	return data, keyfile.Write(path, data)
}

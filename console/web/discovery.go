package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

const (
	maxChecks = 100 // on the page
	maxFound  = 500 // of one check
)

func (w *Web) discoveryRoutes(mux *http.ServeMux) {
	mux.Handle("GET /discovery", w.signedIn(w.discovery))
	mux.Handle("GET /discovery/new", w.signedIn(w.newCheck))
	mux.Handle("POST /discovery/new", w.signedIn(w.orderCheck))
	mux.Handle("GET /discovery/{id}", w.signedIn(w.spotCheck))
	mux.Handle("POST /incidents/{id}/destroy", w.signedIn(w.destroy))
}

// discoveryPage is what is looked for at rest: spot checks, and how machines
// get on with their folders.
type discoveryPage struct {
	Checks   []store.Check
	Searches []machine
	House    []store.Item // files kept too long, or with more than needed
}

func (w *Web) discovery(rw http.ResponseWriter, r *http.Request) {
	checks, err := w.store.Checks(r.Context(), maxChecks)
	var fleet []store.Machine
	if err == nil {
		fleet, err = w.store.Fleet(r.Context())
	}
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	p := discoveryPage{Checks: checks}
	house, err := w.find(r.Context(), store.Filter{Channel: "at-rest", Text: store.HouseWord}, "")
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	p.House = house.Incidents
	for _, m := range fleet {
		if m.Heartbeat.Search != nil && m.Revoked.IsZero() {
			p.Searches = append(p.Searches, machine{Heartbeat: m.Heartbeat, Machine: m})
		}
	}
	slices.SortFunc(p.Searches, func(a, b machine) int { return cmp.Compare(a.Heartbeat.Machine.Name, b.Heartbeat.Machine.Name) })
	w.render(rw, r, http.StatusOK, "discovery", page{Title: "discovery.title", Here: "discovery", Data: p, Partial: partial(r)})
}

// checkPage is one spot check.
type checkPage struct {
	store.Check
	Tasks     []store.Task
	Files     []incident.Incident
	Threshold []threshold
}

// threshold is from how many on a file is told of.
type threshold struct {
	Kind  string
	Least int
}

func (w *Web) spotCheck(rw http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c, tasks, err := w.store.Check(r.Context(), id)
	p := checkPage{Check: c, Tasks: tasks, Threshold: thresholds(c.Spec.AtLeast)}
	if err == nil {
		p.Files, err = w.store.FoundBy(r.Context(), id, maxFound)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		w.render(rw, r, http.StatusNotFound, "problem", page{Title: "problem.not-found", Here: "discovery", Data: "problem.not-found.text"})
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.render(rw, r, http.StatusOK, "check", page{Title: "check.title", Here: "discovery", Data: p, Partial: partial(r)})
	}
}

func thresholds(atLeast map[string]int) (all []threshold) {
	for kind, least := range atLeast {
		all = append(all, threshold{kind, least})
	}
	slices.SortFunc(all, func(a, b threshold) int { return cmp.Compare(a.Kind, b.Kind) })
	return all
}

// usualThresholds are what the form proposes.
var usualThresholds = []threshold{{task.People, 20}, {"cn-mobile", 100}, {"cn-resident-id", 20}, {"bank-card", 20}, {"email", 100}}

// checkForm is a spot check as it is being ordered.
type checkForm struct {
	Whom, Sample, Names, Folders, Files, Days, Reason string
	Kinds                                             []kindField
	Problem, About                                    string // message id, and what it is about
}

type kindField struct{ Kind, Least string }

func (w *Web) newCheck(rw http.ResponseWriter, r *http.Request) {
	f := checkForm{Whom: "sample", Sample: "5", Files: "200", Days: "7"}
	for _, k := range usualThresholds {
		f.Kinds = append(f.Kinds, kindField{k.Kind, strconv.Itoa(k.Least)})
	}
	w.showForm(rw, r, http.StatusOK, f)
}

func (w *Web) showForm(rw http.ResponseWriter, r *http.Request, status int, f checkForm) {
	w.render(rw, r, status, "check-new", page{Title: "check.order", Here: "discovery", Data: f})
}

// orderCheck orders a spot check as the form says.
func (w *Web) orderCheck(rw http.ResponseWriter, r *http.Request) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	f := checkForm{
		Whom: r.PostFormValue("whom"), Sample: r.PostFormValue("sample"), Names: r.PostFormValue("names"), Folders: r.PostFormValue("folders"),
		Files: r.PostFormValue("files"), Days: r.PostFormValue("days"), Reason: r.PostFormValue("reason"),
	}
	for _, k := range usualThresholds {
		f.Kinds = append(f.Kinds, kindField{k.Kind, strings.TrimSpace(r.PostFormValue("least-" + k.Kind))})
	}
	refuse := func(problem, about string) {
		f.Problem, f.About = problem, about
		w.showForm(rw, r, http.StatusUnprocessableEntity, f)
	}
	reason, sound := reasonOf(r)
	days := number(r, "days")
	if !sound || reason == "" || days < 1 || days > task.MaxDays {
		refuse("check.needs-reason", "")
		return
	}
	spec, problem, about := f.spec(r)
	if problem != "" {
		refuse(problem, about)
		return
	}
	machines, err := w.store.Choose(r.Context(), f.whom(r))
	var unknown *store.UnknownMachine
	switch {
	case errors.As(err, &unknown):
		refuse("check.unknown-machine", unknown.Name)
		return
	case errors.Is(err, store.ErrNotFound):
		refuse("check.no-machine", "")
		return
	case err != nil:
		w.broken(rw, r, err)
		return
	}
	id, err := w.store.OrderCheck(r.Context(), w.config.Signer.Key(), by, machines, spec, reason, days, time.Now())
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	w.config.Changed()
	http.Redirect(rw, r, "/discovery/"+id, http.StatusSeeOther)
}

func (f checkForm) whom(r *http.Request) store.Whom {
	switch f.Whom {
	case "all":
		return store.Whom{All: true}
	case "sample":
		return store.Whom{Sample: number(r, "sample")}
	}
	return store.Whom{Names: lines(f.Names)}
}

// spec reads what is looked for and where; problem is a message id.
func (f checkForm) spec(r *http.Request) (spec task.Check, problem, about string) {
	spec = task.Check{Folders: lines(f.Folders), Files: number(r, "files"), AtLeast: map[string]int{}}
	if spec.Files < 1 || spec.Files > task.MaxFiles {
		return spec, "check.bad-files", ""
	}
	for _, folder := range spec.Folders {
		if !task.AbsoluteFolder(folder) {
			return spec, "check.bad-folder", folder
		}
	}
	if len(spec.Folders) > task.MaxFolders {
		return spec, "check.bad-folder", strconv.Itoa(len(spec.Folders))
	}
	for _, k := range f.Kinds {
		if k.Least == "" || k.Least == "0" {
			continue
		}
		n, err := strconv.Atoi(k.Least)
		if err != nil || n < 1 || n > task.MostLeast {
			return spec, "check.bad-least", ""
		}
		spec.AtLeast[k.Kind] = n
	}
	if len(spec.AtLeast) == 0 {
		return spec, "check.bad-least", ""
	}
	return spec, "", ""
}

// lines answers the lines of a text that hold something.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

package employee

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/redact"
)

// filled is a form about a case.
type filled struct {
	told
	Way      string
	Values   url.Values
	Wrong    []field // in the order of the form
	Purposes []grant.Purpose

	Challenge string // what a code is waited for
}

// field is one of a form, as templates show it.
type field struct {
	Name, Value string
	Wrong       string // what is wrong with it, in a sentence
}

// Field answers a field by its name.
func (f filled) Field(name string) field {
	if i := slices.IndexFunc(f.Wrong, func(w field) bool { return w.Name == name }); i >= 0 {
		return f.Wrong[i]
	}
	return field{Name: name, Value: f.Values.Get(name)}
}

// formOrder is the order in which fields stand in forms.
func formOrder() []string {
	return []string{"file", "folder", "copy", "purpose", "text", "recipient", "days", "uses", "pledge", "name", "code"}
}

// formID is what the id of a form looks like.
var formID = regexp.MustCompile(`^[0-9A-Za-z_-]{43}$`)

// open answers the case and the way a request is about, and false when there
// is none such: then the person has been told.
func (p *Page) open(w http.ResponseWriter, r *http.Request) (told, string, bool) {
	c, err := p.find(r.Context(), r.PathValue("id"))
	name := r.PathValue("way")
	switch {
	case !known(name):
		p.problem(w, http.StatusNotFound, "no-page")
		return told{}, "", false
	case err == nil && !slices.Contains(offered(c), name):
		err = control.Refusal(cases.NotOffered)
	}
	if err != nil {
		p.failed(w, r, err)
		return told{}, "", false
	}
	return c, name, true
}

// showForm shows the form of a way on.
func (p *Page) showForm(w http.ResponseWriter, r *http.Request, s *session) {
	if c, name, ok := p.open(w, r); ok {
		form, _ := newSecret()
		p.renderForm(w, http.StatusOK, s, form, filled{told: c, Way: name, Values: p.way(name).fill(p, c)}, "")
	}
}

// submit does what a form asks for, once. What was typed stays when it cannot
// be done.
func (p *Page) submit(w http.ResponseWriter, r *http.Request, s *session) {
	if err := r.ParseForm(); err != nil {
		status, what := http.StatusBadRequest, "no-page"
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status, what = http.StatusRequestEntityTooLarge, "too-large"
		}
		p.problem(w, status, what)
		return
	}
	form, values := r.PostForm.Get("form"), tidy(r.PostForm)
	s.one.Lock()
	defer s.one.Unlock()
	ours := s.ours(r.PostForm.Get("csrf")) && formID.MatchString(form)
	if _, done := s.outcome(form); ours && done {
		http.Redirect(w, r, "/sent/"+form, http.StatusSeeOther)
		return
	}
	c, name, ok := p.open(w, r)
	if !ok {
		return
	}
	way := p.way(name)
	f := filled{told: c, Way: name, Values: values}
	if !ours { // or the session is another one by now: what was typed stays
		form, _ = newSecret()
		p.renderForm(w, http.StatusForbidden, s, form, f, p.texts.Text("alert.stale"))
		return
	}
	if wrong := way.check(p, values); len(wrong) > 0 {
		for _, field := range formOrder() {
			if id := wrong[field]; id != "" {
				f.Wrong = append(f.Wrong, p.wrong(field, values.Get(field), id))
			}
		}
		p.renderForm(w, http.StatusUnprocessableEntity, s, form, f, p.texts.Text("alert.wrong"))
		return
	}
	o, err := way.send(r.Context(), p, c, values)
	if err != nil {
		p.log.Info("it could not be done", "way", name, "error", err)
		p.renderForm(w, http.StatusUnprocessableEntity, s, form, f, p.why(err))
		return
	}
	o.Case, o.Way = c.Notice.ID, name
	s.keep(form, o)
	http.Redirect(w, r, "/sent/"+form, http.StatusSeeOther)
}

// wrong says what is wrong with a field.
func (p *Page) wrong(name, value, id string) field {
	args := message.Args{"MaxDays": grant.MaxDays, "MaxUses": grant.MaxUses, "Most": grant.MaxText, "MostChinese": grant.MaxText / 3}
	if id == "wrong.name-tells" {
		args["Name"] = redact.Name(p.pack, value)
	}
	return field{Name: name, Value: value, Wrong: p.texts.Text(id, args)}
}

// tidy answers what was typed with the ends of lines that we use, for browsers
// send CR LF, and but for names of files without space around it.
func tidy(sent url.Values) url.Values {
	tidied := url.Values{}
	for name, values := range sent {
		if len(values) == 0 {
			continue
		}
		switch name {
		case "csrf", "form":
		case "file", "folder", "copy":
			tidied.Set(name, values[0])
		default:
			tidied.Set(name, strings.TrimSpace(strings.ReplaceAll(values[0], "\r\n", "\n")))
		}
	}
	return tidied
}

func (p *Page) renderForm(w http.ResponseWriter, status int, s *session, form string, f filled, alert string) {
	f.Purposes, f.Challenge = grant.Purposes(), s.challenge(f.Notice.ID)
	p.render(w, status, p.way(f.Way).template, view{
		Title: p.texts.Text("way." + f.Way), In: true, CSRF: s.csrf, Form: form, Alert: alert, Data: f,
	})
}

// showSent shows what came of a form.
func (p *Page) showSent(w http.ResponseWriter, r *http.Request, s *session) {
	o, known := s.outcome(r.PathValue("form"))
	if !known {
		p.problem(w, http.StatusNotFound, "no-page")
		return
	}
	form, _ := newSecret() // of the code that may be entered now
	p.render(w, http.StatusOK, "sent", view{Title: p.texts.Text("sent." + o.Way), In: true, CSRF: s.csrf, Form: form, Data: o})
}

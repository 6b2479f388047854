package employee

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
)

// view is what every template is given.
type view struct {
	Title string
	At    string // the entry of the navigation one is at
	In    bool   // there is a session, hence somewhere to go
	CSRF  string // of the session
	Form  string // of this form, which is sent once
	Alert string // what went wrong, in a sentence
	Data  any
}

// parse reads the templates, each with the frame around it.
func parse(p *message.Printer) (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for _, name := range []string{"history", "case", "masked", "request", "said", "silence", "code", "sent", "company", "problem"} {
		t, err := template.New("base.html").Funcs(functions(p)).ParseFS(files, "templates/base.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read the page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

func functions(p *message.Printer) template.FuncMap {
	return template.FuncMap{
		"language": p.Language,
		"t": func(id string, pairs ...any) string {
			args := message.Args{}
			for i := 0; i+1 < len(pairs); i += 2 {
				args[fmt.Sprint(pairs[i])] = pairs[i+1]
			}
			return p.Text(id, args)
		},
		// either answers the text made from data, or the data where there is
		// none: what a newer service says is better than nothing.
		"either": func(prefix, id string) string { return either(p, prefix, id) },
		"field":  func(name string) field { return field{Name: name} },
		"class":  func(id string) string { return rules.ClassName(detect.Class(id), p.Language()) },
		"data": func(names map[string]map[string]string, id string) string {
			if own := policyWords(names[id], p.Language()); own != "" {
				return own
			}
			return rules.ClassName(detect.Class(id), p.Language())
		},
		"number": func(n int) string { return humanize.Comma(int64(n)) },
		"when":   func(t time.Time) string { return t.Local().Format("2006-01-02 15:04") },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"own":    func(texts map[string]string) string { return policyWords(texts, p.Language()) },
	}
}

func either(p *message.Printer, prefix, id string) string {
	if p.Has(prefix + id) {
		return p.Text(prefix + id)
	}
	return id
}

// policyWords answers the policy's words in a language, or in another rather than
// none.
func policyWords(texts map[string]string, language string) string {
	for _, l := range []string{language, "en", "zh"} {
		if texts[l] != "" {
			return texts[l]
		}
	}
	return ""
}

// render answers a whole page or none.
func (p *Page) render(w http.ResponseWriter, status int, name string, v view) {
	var page bytes.Buffer
	if err := p.templates[name].Execute(&page, v); err != nil {
		p.log.Error("page failed", "page", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the browser is gone when this fails
}

// problem answers a page that says what is wrong and what to do next.
func (p *Page) problem(w http.ResponseWriter, status int, what string) {
	in := status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusTooManyRequests
	p.render(w, status, "problem", view{Title: p.texts.Text("problem." + what), In: in, Data: p.texts.Text("problem." + what + ".text")})
}

// failed answers an error of the service's.
func (p *Page) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody waits for it
	}
	var refusal control.Refusal
	if !errors.As(err, &refusal) {
		p.log.Warn("the service did not answer", "error", err)
	}
	status := http.StatusBadGateway
	switch refusal {
	case "":
	case cases.NoSuchCase:
		status = http.StatusNotFound
	default:
		status = http.StatusConflict
	}
	p.render(w, status, "problem", view{Title: p.texts.Text("problem.failed"), In: true, Data: p.why(err)})
}

// why says what to do about an error of the service's.
func (p *Page) why(err error) string {
	var refusal control.Refusal
	var failed maskFailed
	switch {
	case errors.As(err, &failed) && errors.Is(err, context.DeadlineExceeded):
		return p.texts.Text("alert.masking-long")
	case errors.As(err, &failed):
		return p.texts.Text("alert.not-masked", message.Args{"Why": failed.err.Error()})
	case errors.As(err, &refusal) && p.texts.Has("refusal."+string(refusal)):
		return p.texts.Text("refusal." + string(refusal))
	case errors.As(err, &refusal):
		return p.texts.Text("refusal.other", message.Args{"Code": string(refusal)})
	case errors.Is(err, control.ErrNotRunning):
		return p.texts.Text("service.not-running")
	case errors.Is(err, control.ErrBusy):
		return p.texts.Text("service.busy")
	}
	return p.texts.Text("service.other")
}

func (p *Page) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "static/style.css")
}

package web

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/uploader/incident"
)

// page is what a template is given.
type page struct {
	*message.Printer
	Title   string // message id
	Here    string // the part of the console it belongs to
	User    string // who is signed in
	Theme   string // "light", "dark", "" for the system's
	Path    string // of this page, for the language switch
	Partial bool   // only what changes
	Data    any
}

// languageCookie and themeCookie remember what a person chose.
const (
	languageCookie = "language"
	themeCookie    = "theme"
)

func (w *Web) printer(r *http.Request) *message.Printer {
	if c, err := r.Cookie(languageCookie); err == nil && (c.Value == "zh" || c.Value == "en") {
		return w.catalog.Printer(c.Value)
	}
	return w.catalog.Printer(r.Header.Get("Accept-Language"))
}

func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, name string, p page) {
	p.Printer = w.printer(r)
	p.Path = r.URL.RequestURI()
	if r.PathValue("secret") != "" {
		p.Path = "/login"
	}
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		p.Theme = c.Value
	}
	p.User = userName(r.Context())
	var out bytes.Buffer
	entry := "base"
	if p.Partial {
		entry = "partial"
	}
	if err := w.templates[name].ExecuteTemplate(&out, entry, p); err != nil {
		w.log.Error("page cannot be drawn", "page", name, "error", err)
		http.Error(rw, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Add("Vary", "Accept-Language, Cookie, HX-Request")
	rw.WriteHeader(status)
	_, _ = out.WriteTo(rw) // the reader has gone when this fails
}

func functions() template.FuncMap {
	return template.FuncMap{
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"utc":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" },
		"day":     func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"percent": func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) },
		"bytes":   formatBytes,
		"base":    func(p string) string { return p[strings.LastIndexByte(p, '/')+1:] },
		"args":    args,
		"join":    func(all []string) string { return strings.Join(all, ", ") },
		"known":   known,
		"why":     reasons(),
		"locate":  location(),
		"class":   func(id, lang string) string { return rules.ClassName(detect.Class(id), lang) },
		"data":    dataName,
		"title":   title,
	}
}

// dataName answers what people call a class of data: by the policy that
// describes it, where one of those found says so.
func dataName(found []incident.Class, id, lang string) string {
	for _, c := range found {
		if c.ID == id && c.Name != nil {
			return rules.Localized(c.Name).In(lang)
		}
	}
	return rules.ClassName(detect.Class(id), lang)
}

// title answers a title in a language, or the id where there is none.
func title(t incident.Title, id, lang string) string {
	return cmp.Or(rules.Localized(t).In(lang), id)
}

// known answers the text of an id that an agent has sent, or what it sent
// where this console has no text for it yet.
func known(p *message.Printer, id, sent string) string {
	if p.Has(id) {
		return p.Text(id)
	}
	return sent
}

// args pairs names with values for a text's placeholders.
func args(pairs ...any) message.Args {
	a := message.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			a[name] = pairs[i+1]
		}
	}
	return a
}

func formatBytes(n int64) string {
	switch {
	case n < 0:
		return "–"
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// chooseLanguage keeps a language and a theme for this browser.
func (w *Web) chooseLanguage(rw http.ResponseWriter, r *http.Request) {
	for name, allowed := range map[string][2]string{languageCookie: {"zh", "en"}, themeCookie: {"light", "dark"}} {
		if v := r.FormValue(name); v == allowed[0] || v == allowed[1] {
			http.SetCookie(rw, &http.Cookie{Name: name, Value: v, Path: "/", MaxAge: 365 * 24 * 3600, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		}
	}
	backTo(rw, r)
}

// backTo leads to the page that a form says it was on.
func backTo(rw http.ResponseWriter, r *http.Request) {
	back := r.FormValue("back")
	// Back to a page of ours and nowhere else.
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\t\r\n") {
		back = "/"
	}
	http.Redirect(rw, r, back, http.StatusSeeOther)
}

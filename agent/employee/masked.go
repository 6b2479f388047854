package employee

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/rules/redact"
)

// Bounds on what is masked.
const (
	maskingFor  = 10 * time.Minute
	maxPath     = 4096 // bytes
	maxFileName = 255  // bytes
)

// maskFailed is why there is no masked copy, in words for the person.
type maskFailed struct{ err error }

func (m maskFailed) Error() string { return "save a masked copy: it was refused" }
func (m maskFailed) Unwrap() error { return m.err }

func fillMasked(p *Page, c told) url.Values {
	f := url.Values{}
	if c.Said != "" && c.Source == "" { // a copy beside the file itself
		f.Set("file", c.Said)
		f.Set("folder", filepath.Dir(c.Said))
		f.Set("copy", "masked-"+redact.Name(p.pack, filepath.Base(c.Said)))
		return f
	}
	if c.Source != "" {
		f.Set("file", c.Source)
		f.Set("copy", redact.Name(p.pack, filepath.Base(c.Source)))
	}
	if c.Target != "" {
		f.Set("folder", filepath.Dir(c.Target))
		if c.Source == "" {
			f.Set("copy", redact.Name(p.pack, filepath.Base(c.Target)))
		}
	}
	return f
}

func checkMasked(p *Page, f url.Values) map[string]string {
	wrong := map[string]string{}
	file, folder, name := f.Get("file"), f.Get("folder"), f.Get("copy")
	if !isPath(file) {
		wrong["file"] = "wrong.path"
	} else if i, err := os.Stat(file); err != nil || !i.Mode().IsRegular() {
		wrong["file"] = "wrong.no-file"
	}
	if !isPath(folder) {
		wrong["folder"] = "wrong.path"
	} else if i, err := os.Stat(folder); err != nil || !i.IsDir() {
		wrong["folder"] = "wrong.no-folder"
	}
	switch _, err := os.Lstat(filepath.Join(folder, name)); {
	case name == "" || name == "." || name == ".." || len(name) > maxFileName || strings.ContainsAny(name, "/\\\x00") || !utf8.ValidString(name):
		wrong["copy"] = "wrong.name"
	case redact.Name(p.pack, name) != name:
		wrong["copy"] = "wrong.name-tells"
	case len(wrong) == 0 && !errors.Is(err, os.ErrNotExist):
		wrong["copy"] = "wrong.exists"
	}
	return wrong
}

// isPath tells a whole path; what it leads to is for the system to judge, for
// the person can reach no more by it than they can anyway.
func isPath(s string) bool {
	return filepath.IsAbs(s) && len(s) <= maxPath && utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

// sendMasked saves the copy, and lets the service know. That this fails takes
// nothing away from the copy.
func sendMasked(ctx context.Context, p *Page, c told, f url.Values) (outcome, error) {
	out := filepath.Join(f.Get("folder"), f.Get("copy"))
	masking, cancel := context.WithTimeout(ctx, maskingFor)
	defer cancel()
	var with cases.Masking
	if err := p.ask(ctx, cases.AskMasking, cases.Saved{Case: c.Notice.ID}, &with); err != nil {
		p.log.Warn("the service does not say what to mask; the copy may be stopped again", "error", err)
	}
	if err := p.mask(masking, f.Get("file"), out, with.Policy); err != nil {
		return outcome{}, maskFailed{err}
	}
	o := outcome{Place: out}
	if err := p.ask(ctx, cases.AskMasked, cases.Saved{Case: c.Notice.ID, Name: f.Get("copy")}, &o.Sent); err != nil {
		p.log.Warn("the service was not told of a masked copy", "error", err)
	}
	return o, nil
}

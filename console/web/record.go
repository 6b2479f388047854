package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/trustline/trustline/console/store"
)

// entriesShown bounds one page of the record.
const entriesShown = 100

// recordPage is what people did at the console, newest first.
type recordPage struct {
	Entries []entryLine
	By      string // only what this account did
	Older   string // where the page before is, "" on the last

	Checked bool // whether the chain holds was looked at
	Count   int64
	Newest  string // hash
	Broken  int64  // the first entry that does not fit, 0 for none
}

// entryLine is one entry for people.
type entryLine struct {
	store.Entry
	moment
	About string
}

// record shows administrators what everybody did. On demand it checks that
// nothing was changed in it, which reads all of it.
func (w *Web) record(rw http.ResponseWriter, r *http.Request) {
	if !administrator(r) {
		w.render(rw, r, http.StatusForbidden, "problem", page{Title: "problem.not-yours", Here: "own", Data: "problem.not-yours.text"})
		return
	}
	q := r.URL.Query()
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	p := recordPage{By: q.Get("by"), Checked: q.Get("check") != ""}
	entries, err := w.store.Entries(r.Context(), p.By, before, entriesShown)
	if err == nil && p.Checked {
		p.Count, p.Newest, _, err = w.store.VerifyAudit(r.Context(), "")
	}
	var broken *store.BrokenError
	if errors.As(err, &broken) {
		p.Broken, err = broken.Seq, nil
	}
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	for _, e := range entries {
		p.Entries = append(p.Entries, lineOf(e))
	}
	if n := len(entries); n == entriesShown && entries[n-1].Seq > 1 {
		older := url.Values{"before": {strconv.FormatInt(entries[n-1].Seq, 10)}}
		if p.By != "" {
			older.Set("by", p.By)
		}
		p.Older = "/record?" + older.Encode()
	}
	w.render(rw, r, http.StatusOK, "record", page{Title: "record.title", Here: "own", Data: p})
}

// lineOf says what an entry is about, and where there is more.
func lineOf(e store.Entry) entryLine {
	var detail struct {
		Account, Role, Machine string
		Serial                 int64
		Half                   bool
	}
	_ = json.Unmarshal(e.Detail, &detail) // of another shape it has nothing to say beyond who and what
	l := entryLine{Entry: e, moment: done(e), About: detail.Account}
	if detail.Half {
		l.What += ".half"
	}
	switch e.Action {
	case store.ActionReview, store.ActionApprove, store.ActionRefuse, store.ActionWithdraw, store.ActionOrderDestroy, store.ActionDestroyed, store.ActionKept, store.ActionWithdrawTask:
		l.About, l.Link = "", "/incidents/"+e.Subject
	case store.ActionOrderCheck, store.ActionChecked:
		l.Link = "/discovery/" + e.Subject
	case store.ActionPolicy:
		l.About, l.Link = e.Subject, "/policy/"+strconv.FormatInt(detail.Serial, 10)
	case store.ActionPublishList, store.ActionWithdrawList:
		l.About = e.Subject
	case store.ActionEnrol, store.ActionRevoke, store.ActionRelease, store.ActionAccept, store.ActionCode:
		l.About, l.Link = detail.Machine, "/incidents?machine="+url.QueryEscape(e.Subject)
	}
	return l
}

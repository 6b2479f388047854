package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/console/store"
)

// What somebody searches for may be a customer's name. It is kept in their
// session; addresses, which browsers remember and people pass on, hold only a
// key to it.
const (
	searchKey    = "s"
	searchPrefix = "search."
	maxSearches  = 20 // remembered of one session
	maxSearch    = 200
	// searchPatience is how long a search goes on before it shows what it has.
	searchPatience = 60 * time.Millisecond
)

// searched answers what a request searches for, and puts the key to it in
// place of it.
func (w *Web) searched(r *http.Request, q url.Values) string {
	text := strings.TrimSpace(q.Get("q"))
	if q.Has("q") {
		q.Del("q")
		q.Del(searchKey)
	}
	if text == "" {
		return w.sessions.GetString(r.Context(), searchPrefix+q.Get(searchKey))
	}
	text = strings.ToValidUTF8(text[:min(len(text), maxSearch)], "")
	q.Set(searchKey, w.remember(r.Context(), text))
	return text
}

func (w *Web) remember(ctx context.Context, text string) (key string) {
	known := slices.DeleteFunc(w.sessions.Keys(ctx), func(k string) bool { return !strings.HasPrefix(k, searchPrefix) })
	for _, k := range known {
		if w.sessions.GetString(ctx, k) == text {
			return strings.TrimPrefix(k, searchPrefix)
		}
	}
	// Keys sort by age.
	slices.Sort(known)
	for _, k := range known[:max(0, len(known)-maxSearches+1)] {
		w.sessions.Remove(ctx, k)
	}
	key = strconv.FormatInt(time.Now().UnixMicro(), 36)
	w.sessions.Put(ctx, searchPrefix+key, text)
	return key
}

// find fills a page, as far as that goes in a moment: Back says how far it
// looked where that was not to the end.
func (w *Web) find(ctx context.Context, f store.Filter, cursor string) (store.Page, error) {
	begin := time.Now()
	found, err := w.store.Incidents(ctx, f, pageSize, cursor)
	for err == nil && !found.Back.IsZero() && len(found.Incidents) < pageSize && time.Since(begin) < searchPatience {
		var more store.Page
		more, err = w.store.Incidents(ctx, f, pageSize-len(found.Incidents), found.Next)
		found.Incidents = append(found.Incidents, more.Incidents...)
		found.Next, found.Back = more.Next, more.Back
	}
	return found, err
}

// listAddress answers where a list is, for the browser to show and remember.
func listAddress(q url.Values) string {
	shown := url.Values{}
	for k, v := range q {
		if len(v) > 0 && v[0] != "" {
			shown[k] = v[:1]
		}
	}
	if len(shown) == 0 {
		return "/incidents"
	}
	return "/incidents?" + shown.Encode()
}

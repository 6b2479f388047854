package uploader

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/orders"
)

func listing(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+orders.ListPath+"{sum}", answer)
	s := httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	return newClient(t, s.URL, pinOf(s))
}

const listText = "0123456789"

func TestList(t *testing.T) {
	c := listing(t, func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(listText))
	})
	for from := range int64(len(listText)) {
		var got bytes.Buffer
		if err := c.List(t.Context(), "ab", from, int64(len(listText)), &got); err != nil || got.String() != listText[from:] {
			t.Errorf("from %d: %q %v", from, got.String(), err)
		}
	}
}

// TestListsThatAreNone: no answer makes the client write more than it asked
// for, or say that it has all when it has not.
func TestListsThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		from   int64
		answer http.HandlerFunc
	}{
		"never ends": {0, func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
					return
				}
			}
		}},
		"too short":           {0, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("012")) }},
		"the whole once more": {3, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(listText)) }},
		"another part": {3, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 2-8/10")
			w.WriteHeader(http.StatusPartialContent)
			w.Write([]byte("2345678"))
		}},
		"a part unasked": {0, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) }},
		"gone":           {0, http.NotFound},
		"elsewhere":      {0, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://evil.example/", 302) }},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			err := listing(t, c.answer).List(t.Context(), "ab", c.from, int64(len(listText)), &got)
			if err == nil || int64(got.Len()) > int64(len(listText))-c.from {
				t.Errorf("%q %v", got.String(), err)
			}
		})
	}
}

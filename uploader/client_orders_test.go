package uploader

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/orders"
)

// ordering serves orders as a test says.
func ordering(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+orders.Path, answer)
	s := httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	return newClient(t, s.URL, pinOf(s))
}

func TestOrders(t *testing.T) {
	secret := make([]byte, 32)
	c := ordering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"2"`)
		if r.Header.Get("If-None-Match") == `"2"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		json.NewEncoder(w).Encode(orders.Orders{Secret: secret})
	})
	o, tag, changed, err := c.Orders(t.Context(), "")
	if err != nil || !changed || tag != `"2"` || len(o.Secret) != 32 {
		t.Fatalf("%+v %q %v %v", o, tag, changed, err)
	}
	if _, again, changed, err := c.Orders(t.Context(), tag); err != nil || changed || again != tag {
		t.Errorf("the second time: %q %v %v", again, changed, err)
	}
}

func TestOrdersThatAreNone(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"not JSON":       func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
		"another secret": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"secret":"YQ=="}`)) },
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			for line := []byte(strings.Repeat(" ", 64<<10)); ; {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		},
		"unasked 304": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
		"elsewhere":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://evil.example/", 302) },
		"busy":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	} {
		t.Run(name, func(t *testing.T) {
			if _, tag, changed, err := ordering(t, answer).Orders(t.Context(), ""); err == nil || changed || tag != "" {
				t.Errorf("%q %v %v", tag, changed, err)
			}
		})
	}
}

// TestCloseBreaksWaitingOff: with a new certificate, nothing goes on under the
// old one.
func TestCloseBreaksWaitingOff(t *testing.T) {
	waiting, left := make(chan struct{}, 1), make(chan struct{}, 1)
	c := ordering(t, func(_ http.ResponseWriter, r *http.Request) {
		waiting <- struct{}{}
		<-r.Context().Done()
		left <- struct{}{}
	})
	for range 2 { // the second: Close ends only what was before it
		ended := make(chan error, 1)
		go func() {
			_, _, _, err := c.Orders(t.Context(), `"1"`)
			ended <- err
		}()
		<-waiting
		c.Close()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		case <-time.After(60 * time.Second):
			t.Fatal("the request goes on")
		}
		<-left
	}
}

package api

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/signed"
)

// Lists are the company's own, as they were published.
type Lists interface {
	// Orders answers what machines are told of them.
	Orders(ctx context.Context) ([]signed.Envelope, error)
	// Open answers the bytes of a list by their SHA-256; store.ErrNotFound when
	// there is none. The caller closes them.
	Open(sum string) (*os.File, error)
}

const (
	// maxSending bounds how many lists are sent at once; others come back.
	maxSending = 32
	// sending is how long one request may take: a slow machine asks again for
	// the rest, and holds nobody up meanwhile.
	sending = 2 * time.Minute
)

// list sends a list, or what a machine lacks of it.
func (a *API) list(w http.ResponseWriter, r *http.Request, _ speaker) {
	sum := r.PathValue("sum")
	if a.Lists == nil || !orders.ListSum(sum) {
		fail(w, http.StatusNotFound, "there is no such list")
		return
	}
	if !a.sending.TryAcquire(1) {
		tooBusy(w)
		return
	}
	defer a.sending.Release(1)
	f, err := a.Lists.Open(sum)
	switch {
	case errors.Is(err, store.ErrNotFound):
		fail(w, http.StatusNotFound, "there is no such list")
		return
	case err != nil:
		a.broken(w, r, err)
		return
	}
	defer f.Close()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(sending))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, f)
}

package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader"
)

// console talks to the console as the service would, and leaves nothing there.
func console(ctx context.Context, e *examination) finding {
	if e.Console == nil {
		return warn("none")
	}
	args := message.Args{"URL": e.Console.URL}
	if _, err := e.Console.Certificate(); err != nil {
		return fail("no-certificate", args, because(err))
	}
	client, err := uploader.NewClient(*e.Console)
	if err != nil {
		return fail("bad-setup", args, because(err))
	}
	defer client.Close()
	date, err := client.Probe(ctx)
	if !date.IsZero() {
		e.consoleClock, e.clockAhead = date, time.Since(date)
	}
	if err != nil {
		return unreached(err, args)
	}
	return fine(args)
}

// unreached says what stands between here and the console.
func unreached(err error, args message.Args) finding {
	var (
		status    *uploader.StatusError
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		whole     *url.Error
	)
	if errors.As(err, &whole) {
		err = whole.Err // without the address, which is said already
	}
	args["Error"] = err
	switch {
	case errors.Is(err, uploader.ErrPin):
		return fail("pin", args)
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return fail("certificate", args)
	case errors.As(err, &status) && status.Reason == enrol.NoCertificate:
		return fail("not-enrolled", args)
	case errors.As(err, &status) && (status.Reason != "" || status.Code == http.StatusUnauthorized || status.Code == http.StatusForbidden):
		return fail("not-taken", args)
	case errors.As(err, &status):
		args["Code"] = status.Code
		return fail("status", args)
	case errors.As(err, &name):
		return fail("name", args)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail("refused", args)
	}
	return fail("unreachable", args)
}

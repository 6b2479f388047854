// Package employee is the page on which people at this machine see what they
// were stopped in and do something about it: save a masked copy, ask for
// approval, say that it was no customer information, give a reason. The session
// helper serves it to the one person it runs as, on this machine alone. The
// package decides nothing and keeps nothing on disk: what it shows it asks the
// service for, and what the person wants it tells the service.
package employee

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/detect"
)

//go:embed templates static messages
var files embed.FS

// Service answers the questions of package cases. A control.Refusal says why
// it does not.
type Service interface {
	Ask(ctx context.Context, about string, body, into any) error
}

// Options say what the page works with.
type Options struct {
	Service  Service
	Language string // "en" or "zh"
	// Mask writes a masked copy of in to out, which does not exist, as the
	// person; policy names what is masked besides the usual, "" for nothing. The
	// text of its error is shown to them.
	Mask func(ctx context.Context, in, out, policy string) error
	// Open shows an address in the person's browser, and does not wait for it
	// to end.
	Open func(url string) error
	Log  *slog.Logger
}

// ErrClosed: the helper is ending.
var ErrClosed = errors.New("the page is no longer served")

// Page is the page of one person. Nothing listens before the first Link.
type Page struct {
	service   Service
	mask      func(ctx context.Context, in, out, policy string) error
	show      func(url string) error
	log       *slog.Logger
	texts     *message.Printer
	pack      *detect.Pack
	templates map[string]*template.Template
	entrance  *entrance

	mu      sync.Mutex
	closed  bool
	address string // 127.0.0.1:PORT; "" when nothing listens
	server  *http.Server
	serving sync.WaitGroup
}

// New prepares the page.
func New(o Options) (*Page, error) {
	catalog, err := message.Load(files)
	if err != nil {
		return nil, err
	}
	p := &Page{
		service: o.Service, mask: o.Mask, show: o.Open, log: o.Log, texts: catalog.Printer(o.Language),
		pack: detect.DefaultPack(), entrance: newEntrance(time.Now),
	}
	if p.templates, err = parse(p.texts); err != nil {
		return nil, err
	}
	return p, nil
}

// Run ends the page with the context, and answers when nothing of it is left.
func (p *Page) Run(ctx context.Context) error {
	<-ctx.Done()
	p.mu.Lock()
	p.closed = true
	server := p.server
	p.mu.Unlock()
	if server != nil {
		// What is being answered has a moment to end.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		if server.Shutdown(last) != nil {
			_ = server.Close() // its connections are cut, which is what we want
		}
	}
	p.serving.Wait()
	return nil
}

// Link answers an address that lets a browser of this person's in, once and
// within two minutes: to a case, and there to one of the ways on, both of which
// may be "". Errors are ErrClosed or what the system says.
func (p *Page) Link(caseID, way string) (string, error) {
	address, err := p.listen()
	if err != nil {
		return "", err
	}
	return link(address, p.entrance.issue(), caseID, way), nil
}

// InUse tells whether somebody has the page open, or a link to it.
func (p *Page) InUse() bool { return p.entrance.inUse() }

// listen answers where the page is served, and serves it when it is not.
func (p *Page) listen() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return "", ErrClosed
	}
	if p.server != nil {
		return p.address, nil
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := listener.Addr().String()
	server := newServer(p.handler(address), p.log)
	p.address, p.server = address, server
	p.serving.Go(func() {
		err := server.Serve(bounded(listener))
		if !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("the page is no longer served", "error", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.server = nil // the next link serves it again
	})
	return address, nil
}

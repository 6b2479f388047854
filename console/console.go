// Package console is the central program: it takes incidents in and shows them
// to the people who review them. It wires the packages below it; they never
// import the agent.
package console

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/trustline/trustline/console/api"
	"github.com/trustline/trustline/console/authority"
	"github.com/trustline/trustline/console/certificate"
	"github.com/trustline/trustline/console/lists"
	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/console/web"
	"github.com/trustline/trustline/rules"
)

// setupValid is how long a set-up link works.
const setupValid = 24 * time.Hour

// Config says where the console keeps its data and where it listens.
type Config struct {
	Data    string // folder
	Listen  string // host:port; port 0 takes a free one
	TLSCert string // PEM files; both empty: a certificate of the console's own
	TLSKey  string
	// SecondFrom is from how many people on an approval takes two accounts; 0:
	// the usual number.
	SecondFrom int
	// SecondLevel is the level of data from which on one takes two; 0: none.
	SecondLevel rules.Level
	Log         *slog.Logger
}

// Console is one running console.
type Console struct {
	config   Config
	store    *store.Store
	listener net.Listener
	server   *http.Server
	pages    *web.Web
	api      *api.API
	pin      string
	setup    string
	served   chan error
}

// New opens the data and the port; Start serves.
func New(ctx context.Context, c Config) (*Console, error) {
	s, err := store.Open(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	con := &Console{config: c, store: s, served: make(chan error, 1)}
	if err := con.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return con, nil
}

func (c *Console) prepare(ctx context.Context) error {
	host, _, err := net.SplitHostPort(c.config.Listen)
	if err != nil {
		return fmt.Errorf("listen on %q: give HOST:PORT, such as 0.0.0.0:8443", c.config.Listen)
	}
	cert, err := c.certificate(host)
	if err != nil {
		return err
	}
	c.pin = certificate.Pin(cert)
	machines, err := authority.Load(c.config.Data)
	if err != nil {
		return err
	}
	key, err := signer.Load(c.config.Data)
	if err != nil {
		return err
	}
	if c.pages, err = web.New(web.Config{Store: c.store, Signer: key, Changed: func() { c.api.Notify() }, SecondFrom: c.config.SecondFrom, SecondLevel: c.config.SecondLevel, Log: c.config.Log}); err != nil {
		return err
	}
	if c.listener, err = net.Listen("tcp", c.config.Listen); err != nil {
		return fmt.Errorf("listen on %s: %w", c.config.Listen, err)
	}
	mux := http.NewServeMux()
	c.api = &api.API{Store: c.store, Authority: machines, Signer: key, Log: c.config.Log, Arrived: c.pages.Arrived, Grants: c.store.Answers, Tasks: c.store.Tasks, Lists: lists.New(c.config.Data, c.store, key)}
	mux.Handle("/api/", c.api.Handler())
	mux.Handle("/", c.pages.Handler())
	c.server = &http.Server{
		Handler: logged(c.config.Log, mux),
		// A certificate is asked for and not demanded: people's browsers have
		// none. Naming the authority keeps browsers from offering others; what
		// is shown is judged for each request, by package api.
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13,
			ClientAuth: tls.RequestClientCert, ClientCAs: machines.Roots(),
		},
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       slog.NewLogLogger(c.config.Log.Handler(), slog.LevelDebug),
	}
	return c.offerSetup(ctx)
}

func (c *Console) certificate(host string) (tls.Certificate, error) {
	if c.config.TLSCert != "" || c.config.TLSKey != "" {
		return certificate.Read(c.config.TLSCert, c.config.TLSKey)
	}
	return certificate.Load(c.config.Data, Hosts(host))
}

// Hosts answers the names a certificate of the console's own is made for.
func Hosts(host string) []string {
	hosts := []string{host, "localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	return hosts
}

// offerSetup makes a set-up link while nobody can sign in.
func (c *Console) offerSetup(ctx context.Context) error {
	has, err := c.store.HasAccounts(ctx)
	if err != nil || has {
		return err
	}
	secret, err := c.store.CreateSetup(ctx, time.Now().Add(setupValid))
	if err != nil {
		return err
	}
	c.setup = c.URL() + "/setup/" + secret
	return nil
}

// URL is the console's address.
func (c *Console) URL() string {
	host, port, err := net.SplitHostPort(c.listener.Addr().String())
	if err != nil {
		return "https://" + c.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "https://" + net.JoinHostPort(host, port)
}

// Pin is what agents recognise the console by.
func (c *Console) Pin() string { return c.pin }

// Setup is the one-time link for the first administrator, "" when there is one.
func (c *Console) Setup() string { return c.setup }

// Start serves in the background. Served answers once it ends.
func (c *Console) Start() {
	go func() {
		err := c.server.ServeTLS(c.listener, "", "")
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		c.served <- err
	}()
}

// Served receives the reason why serving has ended, nil after Stop.
func (c *Console) Served() <-chan error { return c.served }

// Stop ends serving: requests under way are answered, then the data is closed.
func (c *Console) Stop(ctx context.Context) error {
	c.pages.Close()
	c.api.Close()
	err := c.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, c.server.Close())
	}
	return errors.Join(err, c.store.Close())
}

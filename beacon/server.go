package beacon

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Handler answers at Path. It may be served by any HTTPS server whose key is
// the pinned one and that sees its callers' own addresses: not behind a
// reverse proxy.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			http.Error(w, "no address", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		// A caller that has gone needs no answer.
		_ = json.NewEncoder(w).Encode(reply{Version: 1, Peer: peer.Addr().Unmap().WithZone("")})
	})
	return mux
}

// Serve answers on a listener of its own until the context ends.
func Serve(ctx context.Context, l net.Listener, cert tls.Certificate, log *slog.Logger) error {
	s := &http.Server{
		Handler:           Handler(),
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}},
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      5 * time.Second,
		IdleTimeout:       5 * time.Second,
		MaxHeaderBytes:    4 << 10,
		// Strangers' failed handshakes are no news.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the beacon on %s: %w", l.Addr(), err)
	}
	return nil
}

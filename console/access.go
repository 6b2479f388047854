package console

import (
	"log/slog"
	"net/http"
	pathpkg "path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/uploader/incident"
)

// logged writes a line for each request that was answered, and answers for
// handlers that panic. It never writes queries, forms or secrets: they may
// hold a customer's name or open a door.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin, seen := time.Now(), &answered{ResponseWriter: w}
		defer func() {
			trouble := recover()
			if trouble != nil {
				// Not the value of the panic: it may quote what was being read.
				log.Error("handler panicked", "method", r.Method, "path", harmless(r.URL.Path), "stack", string(debug.Stack()))
				if seen.status == 0 {
					http.Error(seen, "something went wrong on the console; its log says what", http.StatusInternalServerError)
				}
			}
			log.LogAttrs(r.Context(), level(r.URL.Path, seen.status), "request", slog.String("method", method(r.Method)), slog.String("path", harmless(r.URL.Path)),
				slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes), slog.Duration("took", time.Since(begin).Round(time.Microsecond)), slog.String("from", r.RemoteAddr))
		}()
		next.ServeHTTP(seen, r)
	})
}

// level keeps what machines do all day out of a log at the usual level.
func level(path string, status int) slog.Level {
	switch {
	case status >= 500:
		return slog.LevelWarn
	case status >= 400:
		return slog.LevelInfo
	case path == incident.IngestPath, path == incident.HeartbeatPath, path == orders.Path, path == "/events", strings.HasPrefix(path, "/static/"):
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// harmless answers a path as it may be written down: whatever else somebody
// has typed is left out.
func harmless(path string) string {
	switch path {
	case "/", "/approvals", "/codes", "/policy", "/policy/check", "/incidents", "/incidents/review", "/fleet", "/events", "/login", "/logout", "/account", "/record", "/language", "/api/v1/incidents", "/api/v1/fleet", incident.IngestPath, incident.HeartbeatPath, orders.Path, enrol.Path, enrol.RenewPath:
		return path
	}
	folder, name := pathpkg.Split(path)
	if strings.HasPrefix(folder, "/incidents/") && name == "review" {
		return "/incidents/…/review"
	}
	switch folder {
	case "/static/":
		return folder + "…"
	case "/incidents/", "/approvals/", "/api/v1/incidents/":
		if uuid.Validate(name) == nil {
			return path
		}
		return folder + "…"
	case "/policy/":
		return folder + "…"
	case "/fleet/":
		return folder + "…"
	case "/setup/":
		return folder + "…"
	}
	return "(unknown)"
}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return m
	}
	return "(other)"
}

// answered remembers what was answered.
type answered struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

package web

import (
	"net/http"
	"sync"
	"time"
)

// live tells open pages that something has arrived. It says only that, never
// what: the page then asks again with its own filter and rights.
type live struct {
	mu     sync.Mutex
	pages  map[chan struct{}]bool
	closed chan struct{}
	once   sync.Once
}

const (
	maxPages  = 1000
	keepAlive = 25 * time.Second
	// writePatience is how long a browser may take to read one line.
	writePatience = 30 * time.Second
	gather        = 200 * time.Millisecond // so that a batch makes one update
)

func newLive() *live {
	return &live{pages: map[chan struct{}]bool{}, closed: make(chan struct{})}
}

func (l *live) arrived() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pages {
		select {
		case p <- struct{}{}:
		default:
		}
	}
}

func (l *live) close() { l.once.Do(func() { close(l.closed) }) }

func (l *live) open() (page chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pages) >= maxPages {
		return nil, false
	}
	page = make(chan struct{}, 1)
	l.pages[page] = true
	return page, true
}

func (l *live) leave(page chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pages, page)
}

// events is a stream of server-sent events, one for each arrival. It ends with
// the session.
func (w *Web) events(rw http.ResponseWriter, r *http.Request) {
	arrivals, ok := w.live.open()
	if !ok {
		http.Error(rw, "too many open pages", http.StatusServiceUnavailable)
		return
	}
	defer w.live.leave(arrivals)
	stream := http.NewResponseController(rw)
	// The stream outlives the server's limits for one request; each line has
	// a limit of its own instead. Where that cannot be set, those limits hold
	// and the browser comes back.
	_ = stream.SetReadDeadline(time.Time{})
	rw.Header().Set("Content-Type", "text/event-stream")
	say := func(line string) bool {
		_ = stream.SetWriteDeadline(time.Now().Add(writePatience))
		_, err := rw.Write([]byte(line + "\n\n"))
		return err == nil && stream.Flush() == nil
	}
	token := w.sessions.Token(r.Context())
	for ok = say("retry: 2000"); ok; {
		select {
		case <-r.Context().Done():
			return
		case <-w.live.closed:
			return
		case <-arrivals:
			time.Sleep(gather)
			ok = say("event: arrived\ndata: 1")
		case <-time.After(keepAlive):
			_, valid, err := w.sessions.Store.Find(token)
			ok = err == nil && valid && say(": still here")
		}
	}
}

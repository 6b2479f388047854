package api

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/uploader/incident"
)

const (
	// readPatience is how long a batch may take to come in over a slow line.
	readPatience = 45 * time.Second
	// workPatience is how long a batch waits for its turn.
	workPatience = 10 * time.Second
	// minRoom is what even a tiny batch takes.
	minRoom = 64 << 10
)

var errTooLarge = errors.New("the batch is too large")

// ingest stores a batch. It answers only once everything accepted is on disk.
func (a *API) ingest(w http.ResponseWriter, r *http.Request, who speaker) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != incident.IngestType {
		fail(w, http.StatusUnsupportedMediaType, "send "+incident.IngestType)
		return
	}
	room := int64(incident.MaxBatchBytes)
	if r.ContentLength >= 0 {
		room = min(max(r.ContentLength, minRoom), incident.MaxBatchBytes)
	}
	if !a.room.TryAcquire(room) {
		tooBusy(w)
		return
	}
	defer a.room.Release(room)
	// Read whole before it takes a turn: somebody slow holds nobody up.
	body, err := readBody(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), workPatience)
	defer cancel()
	if a.working.Acquire(ctx, 1) != nil {
		tooBusy(w)
		return
	}
	defer a.working.Release(1)
	batch, refused, err := parseBatch(r.Header.Get("Content-Encoding"), body)
	if err != nil {
		refuse(w, err)
		return
	}
	for n := range batch {
		if batch[n].Machine.ID != who.id {
			a.impostor(w, r, who, batch[n].Machine.ID)
			return
		}
	}
	a.keep(w, r, batch, refused)
}

func (a *API) keep(w http.ResponseWriter, r *http.Request, batch []incident.Incident, refused []incident.Refusal) {
	added, err := a.Store.AddIncidents(r.Context(), batch, time.Now())
	if err != nil {
		a.broken(w, r, err)
		return
	}
	if added > 0 && a.Arrived != nil {
		a.Arrived()
	}
	reply := incident.IngestReply{Accepted: make([]string, 0, len(batch)), Refused: refused}
	for n := range batch {
		reply.Accepted = append(reply.Accepted, batch[n].ID)
	}
	answer(w, http.StatusOK, reply)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// Where a deadline cannot be set, the server's own holds.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readPatience))
	return io.ReadAll(http.MaxBytesReader(w, r.Body, incident.MaxBatchBytes))
}

var errEncoding = errors.New("Content-Encoding: zstd, gzip or identity")

// refuse answers a batch of which nothing can be taken.
func refuse(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errTooLarge), errors.As(err, &tooLarge):
		fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("send at most %d incidents and %d bytes at once", incident.MaxBatch, incident.MaxBatchBytes))
	case errors.Is(err, errEncoding):
		fail(w, http.StatusUnsupportedMediaType, err.Error())
	default:
		fail(w, http.StatusBadRequest, "the batch cannot be read to its end")
	}
}

func parseBatch(encoding string, body []byte) ([]incident.Incident, []incident.Refusal, error) {
	var plain io.Reader = bytes.NewReader(body)
	switch strings.ToLower(encoding) {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(plain)
		if err != nil {
			return nil, nil, fmt.Errorf("decompress a batch: %w", err)
		}
		plain = z
	case "zstd":
		z, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(32<<20), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("decompress a batch: %w", err)
		}
		defer z.Close()
		plain = z
	default:
		return nil, nil, errEncoding
	}
	return readBatch(plain)
}

// readBatch reads incidents line by line. A line that is none is refused and
// costs only itself.
func readBatch(body io.Reader) (batch []incident.Incident, refused []incident.Refusal, err error) {
	limited := &io.LimitedReader{R: body, N: incident.MaxBatchBytes + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, incident.MaxSize), incident.MaxBatchBytes+1)
	refused = []incident.Refusal{}
	for n := 1; lines.Scan(); n++ {
		if n > incident.MaxBatch {
			return nil, nil, errTooLarge
		}
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		i, refusal := readIncident(line)
		if refusal != "" {
			refused = append(refused, incident.Refusal{ID: i.ID, Line: n, Reason: refusal})
			continue
		}
		batch = append(batch, i)
	}
	if limited.N <= 0 {
		return nil, nil, errTooLarge
	}
	return batch, refused, lines.Err()
}

func readIncident(line []byte) (i incident.Incident, refusal string) {
	if len(line) > incident.MaxSize {
		var only struct{ ID string }
		_ = json.Unmarshal(line, &only)
		return incident.Incident{ID: cut(only.ID)}, "too-large"
	}
	err := json.Unmarshal(line, &i)
	if err == nil {
		err = i.Validate()
	}
	if err != nil {
		return incident.Incident{ID: cut(i.ID)}, "invalid"
	}
	return i, ""
}

// cut keeps what is sent back of a refused record short.
func cut(id string) string { return strings.ToValidUTF8(id[:min(len(id), 64)], "") }

package api

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/uploader/incident"
)

// maxSkew is how far ahead of the console's a machine's clock may be before
// its heartbeat is refused as not believable.
const maxSkew = 365 * 24 * time.Hour

var errTooLarge = errors.New("the batch is too large")

// ingest stores a batch. It answers only once everything accepted is on disk.
func (a *API) ingest(w http.ResponseWriter, r *http.Request) {
	select {
	case a.ingesting <- struct{}{}:
		defer func() { <-a.ingesting }()
	default:
		tooBusy(w)
		return
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != incident.IngestType {
		fail(w, http.StatusUnsupportedMediaType, "send "+incident.IngestType)
		return
	}
	body, status, err := decompressed(w, r)
	if err != nil {
		fail(w, status, err.Error())
		return
	}
	defer body.Close()
	batch, refused, err := readBatch(body)
	switch {
	case errors.Is(err, errTooLarge), isTooLarge(err):
		fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("send at most %d incidents and %d bytes at once", incident.MaxBatch, incident.MaxBatchBytes))
		return
	case err != nil:
		fail(w, http.StatusBadRequest, "the batch cannot be read to its end")
		return
	}
	added, err := a.Store.AddIncidents(r.Context(), batch, time.Now())
	if err != nil {
		a.broken(w, r, err)
		return
	}
	if added > 0 && a.Arrived != nil {
		a.Arrived()
	}
	reply := incident.IngestReply{Accepted: make([]string, 0, len(batch)), Refused: refused}
	for _, i := range batch {
		reply.Accepted = append(reply.Accepted, i.ID)
	}
	answer(w, http.StatusOK, reply)
}

// decompressed bounds a body on both sides of its compression.
func decompressed(w http.ResponseWriter, r *http.Request) (io.ReadCloser, int, error) {
	body := http.MaxBytesReader(w, r.Body, incident.MaxBatchBytes)
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
		return body, 0, nil
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, http.StatusBadRequest, errors.New("the body is not gzip")
		}
		return z, 0, nil
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(32<<20), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, http.StatusBadRequest, errors.New("the body is not zstd")
		}
		return z.IOReadCloser(), 0, nil
	}
	return nil, http.StatusUnsupportedMediaType, errors.New("Content-Encoding: zstd, gzip or identity")
}

func isTooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}

// readBatch reads incidents line by line. A line that is none is refused and
// costs only itself.
func readBatch(body io.Reader) (batch []incident.Incident, refused []incident.Refusal, err error) {
	limited := &io.LimitedReader{R: body, N: incident.MaxBatchBytes + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, 64<<10), incident.MaxBatchBytes+1)
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
		i.ID = cut(only.ID)
		return i, "too-large"
	}
	if err := json.Unmarshal(line, &i); err != nil {
		return incident.Incident{ID: cut(i.ID)}, "invalid"
	}
	if err := i.Validate(); err != nil {
		return incident.Incident{ID: cut(i.ID)}, "invalid"
	}
	return i, ""
}

// cut keeps what is sent back of a refused record short.
func cut(id string) string { return id[:min(len(id), 64)] }

// beat keeps the last heartbeat of a machine.
func (a *API) beat(w http.ResponseWriter, r *http.Request) {
	var h incident.Heartbeat
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, incident.MaxSize)).Decode(&h); err != nil {
		if isTooLarge(err) {
			fail(w, http.StatusRequestEntityTooLarge, "the heartbeat is too large")
			return
		}
		fail(w, http.StatusBadRequest, "the heartbeat is not JSON of the expected shape")
		return
	}
	if !believable(h) {
		fail(w, http.StatusUnprocessableEntity, "the heartbeat lacks a machine or holds values out of range")
		return
	}
	if err := a.Store.Beat(r.Context(), h, time.Now()); err != nil {
		a.broken(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func believable(h incident.Heartbeat) bool {
	for _, s := range []string{h.Machine.ID, h.Machine.Name, h.Machine.OS, h.Version, h.Mode, h.Policy} {
		if len(s) > incident.MaxText {
			return false
		}
	}
	for _, w := range h.Warnings {
		if w.Code == "" || len(w.Code) > 100 || len(w.Severity) > 20 {
			return false
		}
	}
	return h.Machine.ID != "" && len(h.Warnings) <= 100 && h.Waiting >= 0 && h.Media >= 0 && h.Unguarded >= 0 &&
		time.Until(h.Time) < maxSkew
}

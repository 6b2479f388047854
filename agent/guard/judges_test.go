package guard

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

const marker = "CUSTOMER-LIST-MARKER"

// must fails the test when something that has to work does not.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder is a folder of the test's own. It is removed name by name: Wine cannot
// remove in the way that testing does.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "guard")
	must(t, err)
	t.Cleanup(func() {
		var names []string
		_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, _ error) error {
			names = append(names, path)
			return nil
		})
		for _, name := range slices.Backward(names) {
			_ = os.Remove(name)
		}
	})
	return dir
}

// markerJudge denies what holds the marker.
type markerJudge struct{}

func (markerJudge) Open(activity.Activity) Judgement { return &markerJudgement{} }
func (markerJudge) Name(_ context.Context, _ activity.Activity, text string) Verdict {
	if strings.Contains(text, marker) {
		return Deny
	}
	return Allow
}

type markerJudgement struct {
	seen []byte
	n    int64
	lost bool
}

func (j *markerJudgement) Write(_ context.Context, p []byte) Verdict {
	j.n += int64(len(p))
	j.seen = append(j.seen, p...)
	if bytes.Contains(j.seen, []byte(marker)) {
		return Deny
	}
	j.seen = j.seen[max(0, len(j.seen)-len(marker)):]
	return Allow
}
func (j *markerJudgement) Reset()          { j.lost = true }
func (j *markerJudgement) Released() int64 { return max(0, j.n-int64(len(marker))) }
func (j *markerJudgement) Close()          {}
func (j *markerJudgement) Finish(_ context.Context, r io.ReaderAt, size int64, _ bool) Verdict {
	if !j.lost {
		return Allow
	}
	data, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil || bytes.Contains(data, []byte(marker)) {
		return Deny
	}
	return Allow
}

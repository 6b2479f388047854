package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/extract"
)

func realFile(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("../../rules/extract/testdata/real/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// readPDF reads a document and checks that it was.
func readPDF(t testing.TB, s *Sandbox) time.Duration {
	t.Helper()
	start := time.Now()
	if text, result := transcribe(t, s.Extract, realFile(t, "writer.pdf")); result.Reason != "" || !strings.Contains(text, "李娜 13987654321") {
		t.Errorf("%+v: %s", result, text)
	}
	return time.Since(start)
}

// TestPreparedPDF reads PDF with code compiled ahead, once for all programs of
// this edition, and without being able to keep any.
func TestPreparedPDF(t *testing.T) {
	s := newSandbox(t, "worker-honest")
	if err := s.Prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(cacheFolder)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries in the folder, %v", len(entries), err)
	}
	t.Logf("first document %v, next %v", readPDF(t, s), readPDF(t, s))
	if s.idle[0].code != s.ready() || s.idle[0].code == "" {
		t.Error("the worker has not loaded the code")
	}
	other := newSandbox(t, "worker-honest")
	if other.ready() != s.ready() {
		t.Error("compiled code is not found again")
	}
}

// TestUnpreparedWorker is replaced when there is code to load.
func TestUnpreparedWorker(t *testing.T) {
	s := newSandbox(t, "worker-honest")
	if err := s.Prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	code := s.ready()
	s.code, s.options.Cache = "", filepath.Join(t.TempDir(), "empty")
	transcribe(t, s.Extract, []byte("{\\rtf1 text}"))
	if len(s.idle) != 1 || s.idle[0].code != "" {
		t.Fatal("no worker without code")
	}
	s.code = code
	readPDF(t, s)
	if len(s.idle) != 1 || s.idle[0].code != code {
		t.Error("the worker was not replaced")
	}
}

// TestUntrustedCache loads nothing from a folder others may write to, and
// nothing of it that is broken; PDF is read all the same.
func TestUntrustedCache(t *testing.T) {
	t.Run("writable for all", func(t *testing.T) {
		folder := t.TempDir()
		if err := os.Chmod(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		s := newSandbox(t, "worker-honest")
		s.options.Cache = folder
		if edition, err := s.edition(); err != nil || os.Mkdir(edition, 0o700) != nil {
			t.Fatal(err)
		}
		if err := s.Prepare(context.Background()); err == nil || !strings.Contains(err.Error(), "writable for nobody else") {
			t.Errorf("prepare answers %v", err)
		}
		if s.ready() != "" {
			t.Error("the folder is used")
		}
		readPDF(t, s)
	})
	t.Run("a link", func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(t.TempDir(), link); err != nil {
			t.Fatal(err)
		}
		s := newSandbox(t, "worker-honest")
		s.options.Cache = link
		if err := s.Prepare(context.Background()); err == nil {
			t.Error("prepared through a link")
		}
	})
	t.Run("broken code", func(t *testing.T) {
		s := newSandbox(t, "worker-honest")
		s.options.Cache = t.TempDir()
		if err := os.Chmod(s.options.Cache, 0o700); err != nil {
			t.Fatal(err)
		}
		edition, err := s.edition()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(edition, os.DirFS(newSandboxReady(t).ready())); err != nil {
			t.Fatal(err)
		}
		spoil(t, edition)
		readPDF(t, s)
	})
}

func newSandboxReady(t *testing.T) *Sandbox {
	s := newSandbox(t, "worker-honest")
	if err := s.Prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// spoil cuts every file of a folder off.
func spoil(t *testing.T, folder string) {
	t.Helper()
	spoilt := 0
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			spoilt++
			return os.Truncate(path, 1000)
		}
		return err
	})
	if err != nil || spoilt == 0 {
		t.Fatalf("%d files spoilt, %v", spoilt, err)
	}
}

// TestNestedPDF is read inside of an archive.
func TestNestedPDF(t *testing.T) {
	s := newSandboxReady(t)
	text, result := transcribe(t, s.Extract, zipOf(t, "in.pdf", realFile(t, "writer.pdf")))
	if result.Reason != "" || !strings.Contains(text, "[in.pdf › page 1]") {
		t.Errorf("%+v: %s", result, text)
	}
}

// TestPDFLimits ends what takes too long.
func TestPDFLimits(t *testing.T) {
	s := newSandboxReady(t)
	var out transcript
	content := realFile(t, "writer.pdf")
	result, err := s.Extract(context.Background(), strings.NewReader(string(content)), int64(len(content)), extract.Limits{Time: 1}, &out)
	if err != nil || result.Reason != extract.TimedOut {
		t.Errorf("%+v, %v", result, err)
	}
}

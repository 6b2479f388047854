package sandbox

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/extract"
)

// TestTesseract has the program read a scanned page, through a worker.
func TestTesseract(t *testing.T) {
	program, err := exec.LookPath("tesseract")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tesseract is not installed")
		}
		t.Skip("tesseract is not installed")
	}
	draw := exec.Command("convert", "-size", "900x120", "xc:white", "-fill", "black", "-pointsize", "60", "-font", "DejaVu-Sans", "-annotate", "+20+80", "Call 13987654321", "png:-")
	picture, err := draw.Output()
	if err != nil {
		t.Fatal(err)
	}
	s := newSandbox(t, "worker-honest")
	s.options.Recognize = Tesseract(program, "eng")
	for pictures, reason := range map[bool]extract.Reason{true: "", false: ""} {
		var out transcript
		result, err := s.Extract(context.Background(), strings.NewReader(string(picture)), int64(len(picture)), extract.Limits{Pictures: pictures}, &out)
		if err != nil || result.Reason != reason || strings.Contains(out.text.String(), "13987654321") != pictures {
			t.Errorf("pictures %t: %+v, %v: %s", pictures, result, err, out.text.String())
		}
	}
	s.options.Recognize = Tesseract("/bin/false", "eng")
	var out transcript
	if result, err := s.Extract(context.Background(), strings.NewReader(string(picture)), int64(len(picture)), extract.Limits{Pictures: true}, &out); err != nil || result.Reason != extract.Unsupported {
		t.Errorf("a program that fails: %+v, %v", result, err)
	}
}

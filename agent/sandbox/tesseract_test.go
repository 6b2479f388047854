package sandbox

import (
	"bytes"
	"context"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/extract"
)

func tesseractHere(t *testing.T) Tesseract {
	t.Helper()
	here, err := FindTesseract()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return here
}

func drawn(t *testing.T, font, text string) string {
	t.Helper()
	picture, err := exec.Command("convert", "-size", "900x120", "xc:white", "-fill", "black", "-pointsize", "60", "-font", font, "-annotate", "+20+80", text, "png:-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(picture)
}

// TestTesseract has the program read pages, through a worker and confined.
func TestTesseract(t *testing.T) {
	tesseractHere(t)
	s := newSandbox(t, "worker-honest")
	for text, font := range map[string]string{"Call 13987654321": "DejaVu-Sans", "客户名单 13987654321": "Noto-Sans-CJK-SC"} {
		picture := drawn(t, font, text)
		for _, asked := range []bool{true, false} {
			var out transcript
			result, err := s.Extract(context.Background(), strings.NewReader(picture), int64(len(picture)), extract.Limits{Pictures: asked}, &out)
			if err != nil || result.Reason != "" || (result.Pictures == 0) != asked {
				t.Errorf("pictures %t: %+v, %v", asked, result, err)
			}
			for _, word := range strings.Fields(text) {
				if got := strings.ReplaceAll(out.text.String(), " ", ""); strings.Contains(got, word) != asked {
					t.Errorf("pictures %t: %q of %s", asked, word, out.text.String())
				}
			}
		}
	}
}

// TestTesseractReadsScans has the program read a page of a PDF that is a
// picture, drawn within the limits of a worker.
func TestTesseractReadsScans(t *testing.T) {
	tesseractHere(t)
	scan, err := os.ReadFile("../../rules/extract/testdata/real/ghostscript-scan.pdf")
	if err != nil {
		t.Fatal(err)
	}
	s := newSandbox(t, "worker-honest")
	var out transcript
	result, err := s.Extract(context.Background(), bytes.NewReader(scan), int64(len(scan)), extract.Limits{Pictures: true, Codes: true}, &out)
	if err != nil || result.Reason != "" {
		t.Errorf("%+v, %v", result, err)
	}
	for _, number := range []string{"13812345678", "13987654321", "15012340987"} {
		if !strings.Contains(strings.ReplaceAll(out.text.String(), " ", ""), number) {
			t.Errorf("%s is missing in %s", number, out.text.String())
		}
	}
}

// TestTesseractFails calls a picture unreadable whatever becomes of the program.
func TestTesseractFails(t *testing.T) {
	here := tesseractHere(t)
	picture := drawn(t, "DejaVu-Sans", "Call 13987654321")
	for name, wrong := range map[string]Tesseract{
		"it fails":    {"/bin/false", here.Data, here.Languages},
		"it is gone":  {"/nowhere/tesseract", here.Data, here.Languages},
		"no data":     {here.Program, t.TempDir(), here.Languages},
		"no program":  {"/etc/passwd", here.Data, here.Languages},
		"a NUL in it": {here.Program, "/\x00x", here.Languages},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t, "worker-honest")
			s.options.Recognize = func(ctx context.Context, p *image.Gray) (string, error) { return wrong.read(ctx, s.options.Command, p) }
			var out transcript
			result, err := s.Extract(context.Background(), strings.NewReader(picture), int64(len(picture)), extract.Limits{Pictures: true}, &out)
			if err != nil || result.Reason != extract.Unsupported {
				t.Errorf("%+v, %v", result, err)
			}
		})
	}
}

// TestTesseractStops ends the program when the time for the file is over.
func TestTesseractStops(t *testing.T) {
	here := tesseractHere(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := here.read(ctx, command("worker-honest"), image.NewGray(image.Rect(0, 0, 2600, 2600))); err == nil || time.Since(begun) > 20*time.Second {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
	if _, err := here.read(t.Context(), command("worker-idle-not"), image.NewGray(image.Rect(0, 0, 9, 9))); err == nil {
		t.Error("a worker that does nothing reads pictures")
	}
}

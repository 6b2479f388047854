package sandbox

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trustline/trustline/rules/extract"
)

const (
	recognizeTime   = 30 * time.Second
	recognizeMemory = 512 << 20
	mostText        = 1 << 20 // of one picture
	margin          = 32      // pixels
	// columns has tesseract keep the rows of a table together, where it would
	// read column by column.
	columns = "4"
)

// Tesseract is the program that reads the text in pictures.
type Tesseract struct {
	Program   string   // absolute path
	Data      string   // folder of its trained data
	Languages []string // such as chi_sim, eng
}

// languages have to be there: with fewer, names of people would be misread as
// something else and a customer list called clean.
var languages = []string{"chi_sim", "eng"}

// FindTesseract answers the Tesseract of this system. It looks where packages
// put it, not where PATH leads.
func FindTesseract() (Tesseract, error) {
	if err := canBecome(); err != nil {
		return Tesseract{}, fmt.Errorf("text in pictures is not read: %w", err)
	}
	t := Tesseract{Languages: languages}
	for _, path := range []string{"/usr/bin/tesseract", "/usr/local/bin/tesseract"} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			t.Program = path
			break
		}
	}
	if t.Program == "" {
		return Tesseract{}, errors.New("text in pictures is not read: tesseract is not installed (Debian: tesseract-ocr, tesseract-ocr-chi-sim)")
	}
	for _, pattern := range []string{"/usr/share/tesseract-ocr/*/tessdata", "/usr/share/tesseract-ocr/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata"} {
		folders, _ := filepath.Glob(pattern) // the patterns are sound
		for _, folder := range folders {
			if t.Data = folder; t.complete() {
				return t, nil
			}
		}
	}
	return Tesseract{}, fmt.Errorf("text in pictures is not read: tesseract lacks trained data of %s (Debian: tesseract-ocr-chi-sim)", strings.Join(languages, " or "))
}

func (t Tesseract) complete() bool {
	for _, l := range t.Languages {
		if _, err := os.Stat(filepath.Join(t.Data, l+".traineddata")); err != nil {
			return false
		}
	}
	return true
}

// recognize has a picture read by the Tesseract of this system.
func (s *Sandbox) recognize(ctx context.Context, p *image.Gray) (string, error) {
	t, err := FindTesseract()
	if err != nil {
		s.blind.Do(func() { s.options.Logger.Warn("pictures stay unread", "error", err) })
		return "", err
	}
	return t.read(ctx, s.options.Command, p)
}

// read starts a worker, has it confine itself and become the program, and
// gives that the picture: shades of gray in the plainest of all formats, never
// the file itself.
func (t Tesseract) read(ctx context.Context, command []string, p *image.Gray) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, recognizeTime)
	defer cancel()
	w, err := start(command)
	if err != nil {
		return "", err
	}
	defer w.kill()
	stop := context.AfterFunc(ctx, w.kill)
	defer stop()
	order := strings.Join([]string{t.Program, t.Data, strings.Join(t.Languages, "+")}, "\x00")
	if err = w.send(becomeFrame, []byte(order)); err == nil {
		err = w.w.Flush()
	}
	var kind byte
	if err == nil {
		kind, _, err = w.receive() // from here on it is confined
	}
	if err != nil || kind != becomeFrame {
		return "", errors.Join(ctx.Err(), err, fmt.Errorf("confine tesseract: %s", w.said.first()))
	}
	text, err := w.show(p)
	if err != nil {
		return "", errors.Join(ctx.Err(), fmt.Errorf("run tesseract: %w", err))
	}
	return text, nil
}

// show gives the program a picture and answers what it says.
func (w *worker) show(p *image.Gray) (string, error) {
	p = forReading(p)
	fmt.Fprintf(w.w, "P5\n%d %d\n255\n", p.Rect.Dx(), p.Rect.Dy()) // Flush has the error
	w.w.Write(p.Pix)
	if err := errors.Join(w.w.Flush(), w.input.Close()); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(w.r, mostText))
	if err != nil {
		return "", err
	}
	if len(text) == mostText {
		return "", errors.New("it says too much")
	}
	err = errors.New("it was ended")
	w.once.Do(func() { err = w.process.Wait() })
	return strings.ToValidUTF8(string(text), "\uFFFD"), err
}

// forReading gives a picture a margin, and doubles one of the size of a screen
// or smaller: its Chinese letters are too small for tesseract otherwise.
func forReading(p *image.Gray) *image.Gray {
	width, height, scale := p.Rect.Dx(), p.Rect.Dy(), 1
	if 4*width*height <= extract.MostGrayPixels {
		scale = 2
	}
	larger := image.NewGray(image.Rect(0, 0, width*scale+2*margin, height*scale+2*margin))
	for i := range larger.Pix {
		larger.Pix[i] = 0xFF
	}
	for y := range height * scale {
		from, to := p.Pix[y/scale*p.Stride:], larger.Pix[(y+margin)*larger.Stride+margin:]
		for x := range width * scale {
			to[x] = from[x/scale]
		}
	}
	return larger
}

// become ends this worker: the program takes its place, and can do no more than
// read its own data, what it is given, and answer.
func become(c *wire, payload []byte) error {
	words := strings.Split(string(payload), "\x00")
	if len(words) != 3 {
		return errProtocol
	}
	program, data, languages := words[0], words[1], words[2]
	if err := confineTo(program, data, recognizeMemory, recognizeTime); err != nil {
		return fmt.Errorf("confine: %w", err)
	}
	if err := c.send(becomeFrame); err != nil {
		return err
	}
	if err := c.w.Flush(); err != nil {
		return err
	}
	return execute(program, []string{program, "stdin", "stdout", "--tessdata-dir", data, "--psm", columns, "-l", languages}, []string{"OMP_THREAD_LIMIT=1"})
}

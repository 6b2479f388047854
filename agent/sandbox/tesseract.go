package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os/exec"
	"time"
)

const (
	recognizeTime = 30 * time.Second
	mostText      = 1 << 20
)

// Tesseract reads pictures with the program of that name, an absolute path,
// in these languages, such as "chi_sim+eng". The program gets shades of gray
// in the plainest of all formats, never the file itself, an account that owns
// nothing where it may be left, and half a minute.
func Tesseract(program, languages string) func(context.Context, *image.Gray) (string, error) {
	return func(ctx context.Context, p *image.Gray) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, recognizeTime)
		defer cancel()
		c := exec.CommandContext(ctx, program, "stdin", "stdout", "-l", languages)
		c.Env = []string{"OMP_THREAD_LIMIT=1"}
		c.Dir = "/"
		c.SysProcAttr = nobodyAttributes()
		head := fmt.Appendf(nil, "P5\n%d %d\n255\n", p.Rect.Dx(), p.Rect.Dy())
		c.Stdin = bytes.NewReader(append(head, p.Pix...))
		var out bounded
		c.Stdout = &out
		if err := c.Run(); err != nil {
			return "", errors.Join(ctx.Err(), fmt.Errorf("run tesseract: %w", err))
		}
		return string(bytes.ToValidUTF8(out.text, []byte("\uFFFD"))), nil
	}
}

// bounded keeps the first mostText bytes.
type bounded struct{ text []byte }

func (b *bounded) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), mostText-len(b.text))]...)
	return len(p), nil
}

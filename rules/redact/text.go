package redact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// textTypes are media types of text besides text/….
var textTypes = map[string]bool{
	"application/json": true, "application/x-ndjson": true, "application/geo+json": true,
	"application/javascript": true, "application/x-sh": true, "application/sql": true,
	"application/x-subrip": true, "application/toml": true, "application/yaml": true,
}

// otherTexts are types of text in which one character is not just itself.
var otherTexts = map[string]bool{"text/html": true, "text/xml": true, "text/rtf": true}

func isText(mt string) bool {
	return (strings.HasPrefix(mt, "text/") || textTypes[mt]) && !otherTexts[mt]
}

// textCopy copies text, every byte as it is but for the findings.
type textCopy struct {
	job     *job
	charset charset
	frame   frame
	finder  *finder
	out     io.Writer
}

// text copies a file of text.
func (j *job) text(ctx context.Context, in io.ReaderAt, size int64, out io.Writer) error {
	head := make([]byte, min(size, sampled))
	if n, err := in.ReadAt(head, 0); n < len(head) {
		return readFailed(err)
	}
	c, ok := charsetOf(head, int64(len(head)) == size)
	if !ok {
		return refuse(Format, "")
	}
	t := &textCopy{job: j, charset: c, finder: j.finder(), out: out}
	t.finder.replay.clear()
	mark := int64(len(c.mark))
	if _, err := io.WriteString(out, c.mark); err != nil {
		return err
	}
	return t.copy(ctx, io.NewSectionReader(in, mark, size-mark))
}

func (t *textCopy) copy(ctx context.Context, r io.Reader) error {
	buf := make([]byte, t.job.batch)
	held := 0
	for {
		if err := t.job.over(ctx); err != nil {
			return err
		}
		n, err := io.ReadFull(r, buf[held:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return readFailed(err)
		}
		block := buf[:held+n]
		used, err := t.block(block, last)
		if err != nil || last {
			return err
		}
		held = copy(buf, block[used:])
	}
}

// block copies the whole lines of a block, and with last set all of it, and
// answers how many bytes that were.
func (t *textCopy) block(block []byte, last bool) (int, error) {
	d := t.decode(block, last)
	text := d.text
	if !last {
		text = text[:cutAt(text)]
	}
	f := &t.frame
	f.reset()
	f.text = text
	for start := 0; start < len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		f.cells = append(f.cells, cell{start: start, end: end, special: -1})
		f.items = append(f.items, item{first: len(f.cells) - 1, n: 1})
		start = end
	}
	done := 0
	for _, s := range t.finder.find(f) {
		from, to := d.from(s.start), d.from(s.end)
		masked, ok := t.charset.encode(f.masked(s, t.job.hard), text[s.start:s.end], block[from:to])
		if !ok {
			return 0, refuse(Charset, "")
		}
		if _, err := t.out.Write(block[done:from]); err != nil {
			return 0, err
		}
		if _, err := t.out.Write(masked); err != nil {
			return 0, err
		}
		done = to
		t.job.count(s)
	}
	used := d.from(len(text))
	f.text = nil
	_, err := t.out.Write(block[done:used])
	return used, err
}

// decode decodes a block; plain UTF-8 is its own text.
func (t *textCopy) decode(block []byte, last bool) decoded {
	if _, n := t.charset.next([]byte("中")); n == len("中") && !bytes.Contains(block, []byte(`\u`)) {
		if valid := complete(block); utf8.Valid(valid) {
			if last && len(valid) < len(block) {
				return t.charset.decode(block, last)
			}
			return decoded{text: valid}
		}
	}
	return t.charset.decode(block, last)
}

// complete leaves out a character that is cut off at the end.
func complete(p []byte) []byte {
	for i := 1; i <= min(utf8.UTFMax-1, len(p)); i++ {
		if c := p[len(p)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(p[len(p)-i:]) {
				return p[:len(p)-i]
			}
			break
		}
	}
	return p
}

// cutAt answers where a block is cut: behind its last line, or where there is
// none behind something that parts values, or at worst anywhere.
func cutAt(text []byte) int {
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	if i := bytes.LastIndexAny(text, "},;| \t\"，。；"); i > len(text)/2 {
		_, n := utf8.DecodeRune(text[i:])
		return i + n
	}
	n := len(text)
	for n > len(text)-64 && n > 1 && !utf8.RuneStart(text[n-1]) {
		n--
	}
	return max(1, n-1)
}

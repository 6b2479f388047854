package extract

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // what pictures may be
	_ "image/jpeg"
	_ "image/png"
	"io"
	"strings"
	"time"

	"github.com/makiuchi-d/gozxing"
	codes "github.com/makiuchi-d/gozxing/multi/qrcode"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	_ "golang.org/x/image/webp" // bmp and tiff may be as well
)

// Recognizer reads the text a picture shows.
type Recognizer func(ctx context.Context, picture *image.Gray) (string, error)

const (
	mostPixels     = 64 << 20 // of a picture that is unpacked at all
	MostGrayPixels = 7 << 20  // of a picture given to a Recognizer; larger ones are scaled down
	leastSide      = 8        // pixels: no letter and no code is smaller
)

// anyPicture looks at a picture as the limits ask for it; it is searched for
// runs of text in any case.
func (w *walker) anyPicture(k kind, location string, r io.Reader, depth int) {
	if !w.limits.Pictures {
		w.pictures++
	}
	if !w.limits.LooksAtPictures() || k == strangePictureKind {
		if w.limits.LooksAtPictures() {
			w.note(problem{Unsupported})
		}
		w.runs(location, r)
		return
	}
	content, err := w.hold(r)
	w.note(err)
	w.runs(location, bytes.NewReader(content))
	if err != nil {
		return
	}
	for page, err := range pagesOf(content) {
		switch {
		case err != nil:
			w.note(err)
			return
		case w.over():
			w.note(w.limit())
			return
		}
		w.picture(location, page, depth)
	}
}

// picture looks at one picture.
func (w *walker) picture(location string, content []byte, depth int) {
	size, _, err := image.DecodeConfig(openPicture(content))
	if err != nil {
		w.note(pictureError(err))
		return
	}
	if max(size.Width, size.Height) > mostPixels || size.Width*size.Height > mostPixels {
		w.note(problem{TooLarge})
		return
	}
	shown, _, err := image.Decode(openPicture(content))
	if err != nil {
		w.note(pictureError(err))
		return
	}
	gray := grayOf(shown)
	if min(gray.Rect.Dx(), gray.Rect.Dy()) < leastSide {
		return
	}
	if w.limits.Codes {
		w.codes(location, gray, depth)
	}
	if w.limits.Pictures {
		w.recognized(location, gray)
	}
}

// pictureReader reads a picture where it lies: what package image would put
// around a reader that cannot be peeked into copies a file for each of its pages.
type pictureReader struct {
	*bytes.Reader
	content []byte
}

func openPicture(content []byte) *pictureReader {
	return &pictureReader{bytes.NewReader(content), content}
}

// Peek answers the first bytes: nobody peeks after having read.
func (r *pictureReader) Peek(n int) ([]byte, error) {
	if n > len(r.content) {
		return r.content, io.EOF
	}
	return r.content[:n], nil
}

// pictureError tells forms of a format that are not read from broken pictures.
func pictureError(err error) error {
	var form tiff.UnsupportedError
	if errors.As(err, &form) || errors.Is(err, bmp.ErrUnsupported) {
		return problem{Unsupported}
	}
	return problem{Corrupt}
}

// codes gives what QR codes in the picture say.
func (w *walker) codes(location string, picture image.Image, depth int) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		w.note(problem{Corrupt})
		return
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	found, err := codes.NewQRCodeMultiReader().DecodeMultiple(bitmap, hints)
	if err != nil { // there is none
		return
	}
	for _, f := range found { // it may be a vCard
		text := f.GetText() + "\n"
		w.stream(join(location, "QR code"), strings.NewReader(text), int64(len(text)), depth+1)
	}
}

// recognized gives the text the picture shows.
func (w *walker) recognized(location string, picture *image.Gray) {
	if w.recognize == nil {
		w.note(problem{Unsupported})
		return
	}
	ctx, cancel := context.WithDeadline(w.ctx, w.deadline)
	defer cancel()
	text, err := w.recognize(ctx, picture)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) || time.Now().After(w.deadline) {
			w.note(problem{TimedOut})
		} else {
			w.note(problem{Unsupported})
		}
		return
	}
	w.sink.Begin(join(location, "picture"))
	w.sink.Write([]byte(text))
}

// grayOf answers a picture in shades of gray on white, no larger than a
// Recognizer takes.
func grayOf(p image.Image) *image.Gray {
	b, step := p.Bounds(), 1
	for b.Dx()/step*(b.Dy()/step) > MostGrayPixels {
		step++
	}
	gray := image.NewGray(image.Rect(0, 0, max(1, b.Dx()/step), max(1, b.Dy()/step)))
	for y := range gray.Rect.Max.Y {
		for x := range gray.Rect.Max.X {
			c := p.At(b.Min.X+x*step, b.Min.Y+y*step)
			r, g, bl, a := c.RGBA()
			white := 0xFFFF - a
			gray.SetGray(x, y, color.GrayModel.Convert(color.RGBA64{uint16(r + white), uint16(g + white), uint16(bl + white), 0xFFFF}).(color.Gray))
		}
	}
	return gray
}

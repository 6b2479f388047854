package extract

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// drawnAs has ImageMagick write a picture in another format.
func drawnAs(t testing.TB, picture []byte, name string, arguments ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from.png"), filepath.Join(dir, name)
	if err := os.WriteFile(from, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("convert", append(append([]string{from, "-alpha", "off"}, arguments...), to)...).CombinedOutput(); err != nil {
		t.Fatalf("convert: %v: %s", err, out)
	}
	content, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// pictures in testdata/real show the code of one person.
var pictures = []string{"qrencode.png", "imagemagick.jpg", "imagemagick.gif", "imagemagick-fax.tiff", "imagemagick-pages.tiff",
	"imagemagick.bmp", "imagemagick.webp", "imagemagick-lossless.webp"}

// TestPictureFormats reads codes in the formats that cameras, scanners, faxes
// and screens write, as ImageMagick writes them.
func TestPictureFormats(t *testing.T) {
	const secret = "李娜,13987654321"
	code := qrcode(t, secret)
	white := []string{"-size", "200x200", "xc:white"}
	for name, arguments := range map[string][]string{
		"plain.png":     nil,
		"gray.jpg":      {"-quality", "60"},
		"palette.gif":   nil,
		"plain.tiff":    {"-compress", "none"},
		"lzw.tiff":      {"-compress", "lzw"},
		"deflated.tiff": {"-compress", "zip"},
		"packbits.tiff": {"-compress", "rle"},
		"fax.tiff":      {"-monochrome", "-compress", "group4"},
		"msb.tiff":      {"-define", "tiff:endian=msb"},
		"second.tiff":   append(white, "-reverse", "-compress", "lzw"),
		"new.bmp":       nil,
		"old.bmp3":      nil,
		"lossless.webp": {"-define", "webp:lossless=true"},
		"lossy.webp":    {"-quality", "80"},
	} {
		content := drawnAs(t, code, name, arguments...)
		text, result := readWithin(t, content, Limits{Codes: true})
		if result.Reason != "" || !strings.Contains(text, "[QR code]\n"+secret) {
			t.Errorf("%s: %q, %d bytes of text", name, result.Reason, len(text))
		}
		if text, result = readWithin(t, content, Limits{}); result.Reason != "" || result.Pictures != 1 || strings.Contains(text, secret) {
			t.Errorf("%s, unasked: %+v", name, result)
		}
	}
	for _, name := range pictures {
		text, result := readWithin(t, real(t, name), Limits{Codes: true})
		if result.Reason != "" || !strings.Contains(text, "[QR code]\n"+secret) {
			t.Errorf("%s: %q, %s", name, result.Reason, text)
		}
	}
	for name, content := range map[string][]byte{
		"JPEG in TIFF": drawnAs(t, code, "jpeg.tiff", "-compress", "jpeg"),
		"HEIC":         []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + strings.Repeat("\x00", 100)),
	} {
		if _, result := readWithin(t, content, Limits{Codes: true}); result.Reason != Unsupported {
			t.Errorf("%s: %q", name, result.Reason)
		}
		if _, result := readWithin(t, content, Limits{}); result.Reason != "" || result.Pictures != 1 {
			t.Errorf("%s, unasked: %+v", name, result)
		}
	}
	expect(t, "text", []byte("BMW 13987654321 是宝马的车，电话在前面"), "", "[]\nBMW 13987654321")
}

// TestPictureBombs ends soon with pictures that say they are huge, in every
// format, and says so.
func TestPictureBombs(t *testing.T) {
	code := qrcode(t, "x")
	tiff := drawnAs(t, code, "a.tiff", "-compress", "lzw")
	entry := func(id string) int { return bytes.Index(tiff, []byte(id)) + 8 }
	bombs := map[string][]byte{
		"png":  bytes.Clone(code),
		"bmp":  drawnAs(t, code, "a.bmp"),
		"tiff": bytes.Clone(tiff),
		"gif":  drawnAs(t, code, "a.gif"),
		"webp": drawnAs(t, code, "a.webp", "-quality", "80"),
	}
	copy(bombs["png"][16:], []byte{0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF})
	copy(bombs["bmp"][18:], []byte{0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0, 0})
	for _, id := range []string{"\x00\x01\x03\x00\x01\x00\x00\x00", "\x01\x01\x03\x00\x01\x00\x00\x00"} { // width and height
		copy(bombs["tiff"][entry(id):], []byte{0xFF, 0xFF})
	}
	copy(bombs["gif"][6:], []byte{0xFF, 0xFF, 0xFF, 0xFF})
	copy(bombs["webp"][26:], []byte{0xFF, 0x3F, 0xFF, 0x3F})
	loop := bytes.Clone(tiff) // its directory is followed by itself
	at := int(le.Uint32(loop[4:]))
	le.PutUint32(loop[at+2+12*int(le.Uint16(loop[at:])):], uint32(at))
	start := time.Now()
	for name, content := range bombs {
		if _, result := readWithin(t, content, Limits{Codes: true}); result.Reason != TooLarge && result.Reason != Corrupt {
			t.Errorf("%s: %q", name, result.Reason)
		}
	}
	if _, result := readWithin(t, loop, Limits{Codes: true}); result.Reason != "" {
		t.Errorf("loop: %q", result.Reason)
	}
	if took := time.Since(start); took > 2*time.Minute {
		t.Errorf("took %v", took)
	}
}

// scanned is a TIFF file of so many pages of one pixel, written in this order of
// bytes; next answers where the directory after the last is, as a file would
// say it that goes on.
func scanned(order binary.AppendByteOrder, pages int, next func(size int) int) []byte {
	file := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		file = []byte("MM\x00*")
	}
	entries := [][3]int{{256, 3, 1}, {257, 3, 1}, {258, 3, 8}, {259, 3, 1}, {262, 3, 1}, {273, 4, 8}, {278, 3, 1}, {279, 4, 1}}
	file = append(order.AppendUint32(file, 12), 0xFF, 0, 0, 0) // the pixel of all
	size := 2 + 12*len(entries) + 4
	for n := range pages {
		file = order.AppendUint16(file, uint16(len(entries)))
		for _, e := range entries {
			file = order.AppendUint32(order.AppendUint16(order.AppendUint16(file, uint16(e[0])), uint16(e[1])), 1)
			if e[1] == 3 {
				file = append(order.AppendUint16(file, uint16(e[2])), 0, 0)
			} else {
				file = order.AppendUint32(file, uint32(e[2]))
			}
		}
		to := len(file) + 4
		if n == pages-1 {
			to = next(12 + pages*size)
		}
		file = order.AppendUint32(file, uint32(to))
	}
	return file
}

// TestPagesBeyondThoseLookedAtAreTold: what lies behind the last page that is
// looked at, or where no page can be, is not clean.
func TestPagesBeyondThoseLookedAtAreTold(t *testing.T) {
	none := func(int) int { return 0 }
	for name, tt := range map[string]struct {
		content []byte
		want    Reason
	}{
		"one":               {scanned(binary.LittleEndian, 1, none), ""},
		"as many as may be": {scanned(binary.LittleEndian, mostPages, none), ""},
		"too many":          {scanned(binary.LittleEndian, mostPages+1, none), TooLarge},
		"too many, MSB":     {scanned(binary.BigEndian, mostPages+1, none), TooLarge},
		"round and round":   {scanned(binary.BigEndian, 3, func(int) int { return 12 }), ""},
		"cut off":           {scanned(binary.LittleEndian, 3, func(size int) int { return size }), Corrupt},
		"cut within":        {scanned(binary.LittleEndian, 3, func(size int) int { return size - 4 }), Corrupt},
	} {
		if _, result := readWithin(t, tt.content, Limits{Codes: true}); result.Reason != tt.want {
			t.Errorf("%s: %q, want %q", name, result.Reason, tt.want)
		}
		if _, result := readWithin(t, tt.content, Limits{}); result.Reason != "" {
			t.Errorf("%s, unasked: %q", name, result.Reason)
		}
	}
	// Nobody reads BigTIFF: the 42 of TIFF is a 43 there.
	for _, magic := range []string{"II+\x00\b\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00", "MM\x00+\x00\b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"} {
		content := []byte(magic + strings.Repeat("\x00", 100))
		if _, result := readWithin(t, content, Limits{Codes: true}); result.Reason != Unsupported {
			t.Errorf("BigTIFF: %q", result.Reason)
		}
		if _, result := readWithin(t, content, Limits{}); result.Reason != "" || result.Pictures != 1 {
			t.Errorf("BigTIFF, unasked: %+v", result)
		}
	}
}

// pdfPicture is a page that shows a picture in this rectangle, beside text.
func pdfPicture(picture []byte, width, height int, rectangle, text string) []byte {
	return pdfShowing(picture, width, height, fmt.Sprintf("q %s cm /X Do Q\n%s", rectangle, text))
}

// pdfShowing is a page with this content, where X is the last of these objects
// or, with none, the picture, which comes right after them.
func pdfShowing(picture []byte, width, height int, show string, more ...string) []byte {
	objects := append([]string{pdfCatalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", pdfPage, pdfFont, pdfStream("", show)}, more...)
	return pdfOf(append(objects, pdfStream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", width, height), string(picture)))...)
}

// TestPDFPictures looks at pages that are pictures where the limits ask for it,
// at codes also beside text, and not at letterheads.
func TestPDFPictures(t *testing.T) {
	const secret = "李娜,13987654321"
	shown, _, err := image.Decode(bytes.NewReader(qrcode(t, secret)))
	if err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, grayOf(shown), nil); err != nil {
		t.Fatal(err)
	}
	code := func(rectangle, text string) []byte {
		return pdfPicture(picture.Bytes(), shown.Bounds().Dx(), shown.Bounds().Dy(), rectangle, text)
	}
	const long = "BT /F1 12 Tf 10 10 Td (a page with more than a few letters) Tj ET\n"
	const there = "q 80 0 0 80 100 100 cm /X Do Q\n"
	many := strings.Repeat("0 0 1 1 re f\n", 10_001) // more than are looked at
	behind := func(show string, more ...string) []byte {
		return pdfShowing(picture.Bytes(), shown.Bounds().Dx(), shown.Bounds().Dy(), show, more...)
	}
	form := pdfStream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X 7 0 R>>>>", many+there)
	scan := real(t, "ghostscript-scan.pdf")
	seen := 0
	x := New(Options{Recognize: func(_ context.Context, p *image.Gray) (string, error) {
		if seen++; p.Rect.Dx() < 500 || p.Rect.Dx()*p.Rect.Dy() > MostGrayPixels || p.GrayAt(2, 2) != (color.Gray{0xFF}) {
			return "", errors.New("not as expected")
		}
		return "13600001111\n", nil
	}})
	defer x.Close()
	both := Limits{Codes: true, Pictures: true}
	for name, tt := range map[string]struct {
		content  []byte
		limits   Limits
		pictures int
		want     string
		not      string
	}{
		"scan":               {scan, Limits{Pictures: true}, 0, "[page 1 › picture]\n13600001111", ""},
		"scan, unasked":      {scan, Limits{}, 1, "[page 1]\n", "13600001111"},
		"code":               {code("300 0 0 300 100 100", ""), Limits{Codes: true}, 1, "[page 1 › QR code]\n" + secret, "13600001111"},
		"code beside text":   {code("80 0 0 80 100 100", long), both, 0, "[page 1 › QR code]\n" + secret, "13600001111"},
		"large, beside text": {code("400 0 0 400 100 100", long), both, 0, "13600001111", ""},
		"behind much":        {behind(many + there + long), both, 0, "[page 1 › QR code]\n" + secret, ""},
		"in a form of much":  {behind("/X Do\n"+long, form), both, 0, "[page 1 › QR code]\n" + secret, ""},
		"letterhead":         {code("20 0 0 20 100 100", long), both, 0, "a page with more", "13600001111"},
		"text":               {simplePDF(1, pdfStream("", long)), both, 0, "a page with more", "13600001111"},
		"text, few letters":  {simplePDF(1, pdfStream("", pdfText)), both, 0, "13600001111", ""},
		"nothing":            {simplePDF(1, pdfStream("", "")), both, 0, "[page 1]", "13600001111"},
	} {
		var out transcript
		result, err := x.Extract(context.Background(), bytes.NewReader(tt.content), int64(len(tt.content)), tt.limits, &out)
		text := out.text.String()
		if err != nil || result.Reason != "" || result.Pictures != tt.pictures {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
		if !strings.Contains(text, tt.want) || tt.not != "" && strings.Contains(text, tt.not) {
			t.Errorf("%s: %q or not %q: %s", name, tt.want, tt.not, text)
		}
	}
	huge := pdfPicture(picture.Bytes(), 100_000, 100_000, "500 0 0 500 0 0", "")
	if _, result := readWithin(t, huge, both); result.Reason != TooLarge {
		t.Errorf("huge: %q", result.Reason)
	}
	if _, result := readWithin(t, scan, Limits{Pictures: true}); result.Reason != Unsupported {
		t.Errorf("without a recognizer: %q", result.Reason)
	}
}

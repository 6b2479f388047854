package extract

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os/exec"
	"strings"
	"testing"
)

// qrcode draws a picture of a code with the program qrencode.
func qrcode(t *testing.T, text string) []byte {
	t.Helper()
	p := exec.Command("qrencode", "-o", "-", "-s", "6")
	p.Stdin = strings.NewReader(text)
	out, err := p.Output()
	if err != nil {
		t.Fatalf("qrencode: %v", err)
	}
	return out
}

// TestPictures reads codes and text in pictures, also of an archive, only
// where the limits ask for it.
func TestPictures(t *testing.T) {
	const secret = "李娜,13987654321"
	picture := qrcode(t, secret)
	seen := 0
	x := New(Options{Recognize: func(_ context.Context, p *image.Gray) (string, error) {
		if seen++; p.Rect.Dx() < 100 {
			return "", errors.New("too small")
		}
		return "13600001111\n", nil
	}})
	for name, tt := range map[string]struct {
		content []byte
		limits  Limits
		reason  Reason
		want    []string
	}{
		"off":        {picture, Limits{}, "", nil},
		"code":       {picture, Limits{Codes: true}, "", []string{"[QR code]\n" + secret}},
		"text":       {picture, Limits{Pictures: true}, "", []string{"[picture]\n13600001111"}},
		"both":       {zipOf(t, file{"a.png", string(picture)}), Limits{Codes: true, Pictures: true}, "", []string{"[a.png › QR code]\n" + secret, "[a.png › picture]\n13600001111"}},
		"broken":     {picture[:len(picture)/2], Limits{Codes: true}, Corrupt, nil},
		"damaged":    {bytes.Replace(picture, picture[16:24], []byte{0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF}, 1), Limits{Codes: true}, Corrupt, nil},
		"no picture": {[]byte("GIF8 is how it begins"), Limits{Codes: true}, Corrupt, []string{"GIF8 is how it begins"}},
	} {
		t.Run(name, func(t *testing.T) {
			seen = 0
			var out transcript
			result, err := x.Extract(context.Background(), bytes.NewReader(tt.content), int64(len(tt.content)), tt.limits, &out)
			if err != nil || result.Reason != tt.reason {
				t.Errorf("%+v, %v, want reason %q", result, err, tt.reason)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.text.String(), want) {
					t.Errorf("%q is missing in %s", want, out.text.String())
				}
			}
			if tt.want == nil && strings.Contains(out.text.String(), secret) || (seen > 0) != tt.limits.Pictures {
				t.Errorf("read unasked: recognized %d times, %s", seen, out.text.String())
			}
		})
	}
	if _, result := readWithin(t, picture, Limits{Pictures: true}); result.Reason != Unsupported {
		t.Errorf("without a recognizer: %q", result.Reason)
	}
}

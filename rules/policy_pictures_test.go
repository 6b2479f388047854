package rules

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
	"github.com/trustline/trustline/rules/strictyaml"
)

func picturesPolicy(t *testing.T, pictures string) *Policy {
	t.Helper()
	p, err := ParsePolicy("p", []byte("version: \"1\"\n"+pictures+"rules:\n  - {id: one, when: {people: 5}, action: block}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPictures switches what of pictures is read with the policy in force, in
// files and in streams.
func TestPictures(t *testing.T) {
	draw := exec.Command("qrencode", "-o", "-", "-s", "6")
	draw.Stdin = strings.NewReader("BEGIN:VCARD\nFN:王建国\nTEL:13800138005\nEND:VCARD\n")
	picture, err := draw.Output()
	if err != nil {
		t.Fatalf("qrencode: %v", err)
	}
	var asked extract.Limits
	base := NewEngine(detect.DefaultPack(), Limits{}).Isolated(func(ctx context.Context, r io.ReaderAt, size int64, l extract.Limits, s extract.Sink) (extract.Result, error) {
		asked = l
		return extract.Extract(ctx, r, size, l, s)
	})
	for _, c := range []struct {
		pictures string
		want     Pictures
		status   Status
		reason   Reason
		unread   int
	}{
		{"", Pictures{}, Clean, "", 1},
		{"pictures: {codes: true}\n", Pictures{Codes: true}, Sensitive, "", 1},
		{"pictures: {codes: true, text: false}\n", Pictures{Codes: true}, Sensitive, "", 1},
		{"pictures: {text: true}\n", Pictures{Text: true}, Unreadable, Unsupported, 0}, // nothing here reads text
		{"pictures: {codes: false}\n", Pictures{}, Clean, "", 1},                       // and off again
	} {
		asked = extract.Limits{}
		policy := picturesPolicy(t, c.pictures)
		engine := base.For(policy)
		if policy.Pictures() != c.want || engine.For(policy) != engine {
			t.Errorf("%q: %+v", c.pictures, policy.Pictures())
		}
		whole, err := engine.Scan(t.Context(), "", bytes.NewReader(picture), int64(len(picture)))
		stream := engine.Stream("")
		stream.Write(picture[:20])
		stream.Write(picture[20:])
		streamed, err2 := stream.Finish(t.Context(), bytes.NewReader(picture), int64(len(picture)))
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if asked.Codes != c.want.Codes || asked.Pictures != c.want.Text {
			t.Errorf("%q: asked for %+v", c.pictures, asked)
		}
		for _, content := range []Content{whole, streamed} {
			if content.Status != c.status || content.Reason != c.reason || content.Pictures != c.unread {
				t.Errorf("%q: %s, %q, %d unread", c.pictures, content.Status, content.Reason, content.Pictures)
			}
		}
	}
}

func TestPicturesProblems(t *testing.T) {
	_, err := ParsePolicy("p", []byte("version: \"1\"\npictures:\n  codes: yes\n  faces: true\nrules:\n  - {id: one, when: {people: 5}, action: block}\n"))
	var problems strictyaml.Problems
	if !errors.As(err, &problems) || len(problems) != 2 || problems[0].Line != 3 || problems[1].Line != 4 {
		t.Errorf("%v", err)
	}
}

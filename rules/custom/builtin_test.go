package custom

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
)

// builtIns compiles the built-in detectors of one class.
func builtIns(t testing.TB, class detect.Class) *Set {
	t.Helper()
	var of []Detector
	for _, d := range BuiltIn() {
		if d.Class == class {
			of = append(of, d)
		}
	}
	if len(of) == 0 {
		t.Fatalf("no detector of %s", class)
	}
	return compileOne(t, of...)
}

func TestBuiltInsAreSound(t *testing.T) {
	all := BuiltIn()
	if _, err := Compile(all); err != nil {
		t.Fatal(err)
	}
	var classes []detect.Class
	for _, d := range all {
		if !slices.Contains(classes, d.Class) {
			classes = append(classes, d.Class)
		}
	}
	if !slices.Equal(classes, BuiltInClasses()) {
		t.Errorf("detectors of %v, classes %v", classes, BuiltInClasses())
	}
	own := make([]Detector, MaxDetectors)
	if _, err := Compile(slices.Concat(own, all)); err != nil {
		t.Errorf("built-in detectors count as a company's own: %v", err)
	}
	if _, err := Compile([]Detector{{Class: "own", Pattern: `HT-\d`, Anchors: slices.Repeat([]string{"HT-"}, MaxAnchors+1)}}); err == nil {
		t.Error("a company may have as many anchors as a built-in detector")
	}
}

// However a text is cut, all built-in detectors find the same in it.
func FuzzBuiltIn(f *testing.F) {
	set := compileOne(f, BuiltIn()...)
	for _, seed := range []string{
		"password=" + random14 + "\n", "患者：诊断：高血压病 I10.x00", "2024-01-05 10:00 收款 1,200.00 元 订单号 20240105123456789",
		"postgres://app:" + random14 + "@db/x", "登录IP：8.8.8.8", "电话 +44 20 7946 0958", "MAC: 00:1A:2B:3C:4D:5E",
	} {
		f.Add(seed, 5)
		f.Add(strings.Repeat(seed+" ", 900), 4096)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		whole, cut := look(set, text, len(text)+1), look(set, text, max(1, n))
		if fmt.Sprint(cut) != fmt.Sprint(whole) {
			t.Errorf("cut in %d otherwise: %+v and %+v", n, cut, whole)
		}
		for _, f := range whole.Findings {
			if f.Offset < 0 || f.Offset+int64(f.Length) > int64(len(text)) || f.Length == 0 {
				t.Errorf("a finding lies outside of the text: %+v", f)
			}
		}
	})
}

const random14 = "k7Qw2ZpX9vLm4T"

// drawn writes {A16} in a text as 16 letters or digits drawn at random: A
// capitals and 2 to 7, a letters and digits, x hexadecimal ones, u and - too.
func drawn(r *rand.Rand, text string) string {
	alphabets := map[byte]string{
		'A': "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 'x': "0123456789abcdef", '9': "0123456789",
		'a': "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		'u': "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	}
	return regexp.MustCompile(`\{[Aaxu9]\d+\}`).ReplaceAllStringFunc(text, func(s string) string {
		var n int
		fmt.Sscanf(s[2:], "%d}", &n)
		b := make([]byte, n)
		for i := range b {
			alphabet := alphabets[s[1]]
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	})
}

// found answers what was found in a text, one value after the other.
func found(set *Set, text string) []string {
	var values []string
	for _, f := range look(set, text, len(text)+1).Findings {
		values = append(values, text[f.Offset:f.Offset+int64(f.Length)])
	}
	slices.Sort(values)
	return values
}

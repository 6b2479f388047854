package detect

import (
	"math/rand/v2"
	"testing"
)

// Every word is found however it is written, and what ends otherwise is none.
func TestWordsEnd(t *testing.T) {
	var w words
	for i, word := range []string{"card no", "xm", "e-mail", "address1", "手机号", "s/n"} {
		w.add([]byte(word), roles(i+1))
	}
	for _, text := range []string{"card no", "CARD_NO", "card.no 2", "t_xm", "Xm", "x-m", "E-Mail", "email", "Address", "address12", "客户手机号", "手机号 1", "S/N"} {
		if !w.mayEnd([]byte(text)) {
			t.Errorf("%q ends as none", text)
		}
	}
	for _, text := range []string{"card name", "m", "手机", "s-n", "", "12"} {
		if w.mayEnd([]byte(text)) {
			t.Errorf("%q may end as one", text)
		}
	}
	if r, ok := w.find([]byte("xm")); !ok || r != 2 {
		t.Errorf("xm: %v, %v", r, ok)
	}
	for _, text := range []string{"axm", "xm ", "Xm"} {
		if _, ok := w.find([]byte(text)); ok {
			t.Errorf("%q is found", text)
		}
	}
}

// Links are a map, without its cost.
func TestLinks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var l links
	want := map[uint64]uint64{}
	for range 20_000 {
		from, to := r.Uint64()%4096+1, r.Uint64()|1
		_, had := want[from]
		if !had {
			want[from] = to
		}
		if l.link(from, to) == had {
			t.Fatalf("%d linked: %v before", from, had)
		}
	}
	for from := range uint64(5000) {
		if got := l.of(from + 1); got != want[from+1] {
			t.Fatalf("%d leads to %d, not %d", from+1, got, want[from+1])
		}
	}
	if l.clear(); l.of(1) != 0 || !l.link(1, 2) || l.of(1) != 2 {
		t.Error("what was cleared leads somewhere")
	}
}

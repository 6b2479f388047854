package ledger

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const day = 24 * time.Hour

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func people(from, to uint64) (keys []uint64) {
	for k := from; k < to; k++ {
		keys = append(keys, k)
	}
	return keys
}

func add(t testing.TB, l *Ledger, uid int, device string, keys []uint64, at time.Time) {
	t.Helper()
	if err := l.Add(t.Context(), uid, device, keys, at); err != nil {
		t.Fatal(err)
	}
}

func TestSmallPiecesCountAsTheListTheyAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "ledger.db")
	l := open(t, path)
	for n := range uint64(4) { // four people at a time, every minute
		at := start.Add(time.Duration(n) * time.Minute)
		if got := l.Total(1000, "S1", day, at, people(n*4, n*4+4)); got != int(n*4+4) {
			t.Errorf("piece %d would make %d", n, got)
		}
		add(t, l, 1000, "S1", people(n*4, n*4+4), at)
	}
	now := start.Add(10 * time.Minute)
	for _, c := range []struct {
		what   string
		uid    int
		device string
		extra  []uint64
		want   int
	}{
		{"nothing more", 1000, "S1", nil, 16},
		{"people already counted", 1000, "S1", people(0, 16), 16},
		{"the same person twice", 1000, "S1", []uint64{99, 99}, 17},
		{"another device", 1000, "S2", people(0, 3), 3},
		{"another person", 1001, "S1", people(0, 3), 3},
	} {
		if got := l.Total(c.uid, c.device, day, now, c.extra); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	l.Close()
	l = open(t, path)
	if got := l.Total(1000, "S1", day, now, nil); got != 16 {
		t.Errorf("after a restart: %d, want 16", got)
	}
}

func TestWindowRolls(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	add(t, l, 1, "S", people(0, 10), start)
	add(t, l, 1, "S", people(5, 15), start.Add(12*time.Hour))
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{12 * time.Hour, 15}, {24*time.Hour - time.Second, 15}, {24 * time.Hour, 10}, {36*time.Hour - time.Second, 10}, {36 * time.Hour, 0}} {
		if got := l.Total(1, "S", day, start.Add(c.after), nil); got != c.want {
			t.Errorf("after %s: %d, want %d", c.after, got, c.want)
		}
	}
	for within, want := range map[time.Duration]int{time.Hour: 0, 13 * time.Hour: 10, 7 * day: 15} {
		if got := l.Total(1, "S", within, start.Add(24*time.Hour), nil); got != want {
			t.Errorf("within %s: %d, want %d", within, got, want)
		}
	}
	add(t, l, 1, "S", people(20, 21), start.Add(8*day))
	if l.count != 1 {
		t.Errorf("%d entries remembered, want the one in the window", l.count)
	}
}

func TestClockSetBackNeitherLowersNorFreezes(t *testing.T) {
	for _, restart := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		l := open(t, path)
		add(t, l, 1, "S", people(0, 10), start)
		back := start.Add(-300 * 24 * time.Hour)
		if got := l.Total(1, "S", day, back, nil); got != 10 {
			t.Errorf("set back: %d, want 10", got)
		}
		add(t, l, 1, "S", people(10, 11), back)
		if restart {
			l.Close()
			l = open(t, path)
		}
		if got := l.Total(1, "S", day, back.Add(23*time.Hour), nil); got != 11 {
			t.Errorf("23 hours on: %d, want 11", got)
		}
		if got := l.Total(1, "S", day, back.Add(25*time.Hour), nil); got != 0 {
			t.Errorf("25 hours on: %d, want 0: the total never expires", got)
		}
	}
}

func TestOutOfOrderActivitiesDoNotAgeTheTotals(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	add(t, l, 1, "S", people(0, 10), start)
	for range 5 { // two programs whose activities cross
		add(t, l, 1, "other", people(0, 1), start.Add(30*time.Second))
		add(t, l, 1, "other", people(0, 1), start)
	}
	if got := l.Total(1, "S", day, start.Add(day-time.Second), nil); got != 10 {
		t.Errorf("%d, want 10", got)
	}
}

func TestBounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	add(t, l, 1, "S", people(0, maxPerPair+10), start)
	if got := l.Total(1, "S", day, start, nil); got != maxPerPair {
		t.Errorf("one total: %d, want %d", got, maxPerPair)
	}
	for uid := 2; uid <= 6; uid++ {
		add(t, l, uid, "S", people(0, maxPerPair), start.Add(time.Duration(uid)*time.Second))
	}
	if l.count > maxKeys {
		t.Errorf("%d entries, at most %d", l.count, maxKeys)
	}
	if got := l.Total(6, "S", day, start.Add(time.Minute), nil); got != maxPerPair {
		t.Errorf("the newest total is %d, want %d", got, maxPerPair)
	}
	count := l.count
	l.Close()
	if l = open(t, path); l.count != count {
		t.Errorf("after a restart %d entries, want %d", l.count, count)
	}
}

func TestConcurrentUse(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 10 {
				k := uint64(w*10 + n)
				l.Total(1, "S", day, start, []uint64{k})
				if err := l.Add(context.Background(), 1, "S", []uint64{k}, start); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := l.Total(1, "S", day, start, nil); got != 80 {
		t.Errorf("%d, want 80", got)
	}
}

func TestManyPiecesAtOnceCountAsOneAfterTheOther(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	const most = 20 // a policy that stops from here on
	var mu sync.Mutex
	var wg sync.WaitGroup
	ready, decide := sync.WaitGroup{}, make(chan struct{})
	allowed := 0
	ready.Add(30)
	for n := range uint64(30) {
		wg.Go(func() {
			c := l.Claim(1, "S", start, people(n*3, n*3+3))
			ready.Done()
			<-decide // all 30 are being decided now
			if c.Total(day) >= most {
				c.Drop()
				return
			}
			if err := c.Keep(context.Background()); err != nil {
				t.Error(err)
			}
			mu.Lock()
			allowed += 3
			mu.Unlock()
		})
	}
	ready.Wait()
	close(decide)
	wg.Wait()
	if allowed != 18 {
		t.Errorf("%d people left in pieces of 3, want 18, the most below %d", allowed, most)
	}
	if got := l.Total(1, "S", day, start, nil); got != allowed {
		t.Errorf("total %d, want %d: a dropped claim still counts", got, allowed)
	}
	if len(l.claims) > 0 {
		t.Errorf("%d claims never ended", len(l.claims))
	}
}

func TestDamagedFileStartsAnew(t *testing.T) {
	for name, hurt := range map[string]func([]byte) []byte{
		"cut short":     func(d []byte) []byte { return d[:len(d)/2] },
		"cut to a page": func(d []byte) []byte { return d[:4096] },
		"not ours":      func([]byte) []byte { return bytes.Repeat([]byte("x"), 9000) },
		"zeroed inside": func(d []byte) []byte { clear(d[8192:]); return d },
		"scribbled": func(d []byte) []byte {
			r := rand.New(rand.NewPCG(1, 2))
			for n := 8192; n < len(d); n++ {
				d[n] = byte(r.Uint32())
			}
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			l := open(t, path)
			add(t, l, 1, "S", people(0, 3000), start)
			l.Close()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, hurt(data), 0o600); err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			l, err = Open(path, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if !strings.Contains(log.String(), "start anew") {
				t.Errorf("nothing said: %s", log.String())
			}
			if _, err := os.Stat(path + ".damaged"); err != nil {
				t.Error(err)
			}
			add(t, l, 1, "S", people(0, 5), start)
			if got := l.Total(1, "S", day, start, nil); got != 5 {
				t.Errorf("%d, want 5", got)
			}
		})
	}
}

func TestAnotherProcessIsKeptOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	open(t, path)
	if _, err := Open(path, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
}

// TestAgainstModel holds the ledger against a list of everything that was
// added, over random additions, pauses and restarts.
func TestAgainstModel(t *testing.T) {
	dir := t.TempDir()
	file := 0
	rapid.Check(t, func(r *rapid.T) {
		file++
		path := filepath.Join(dir, "ledger"+string(rune('a'+file%26))+".db")
		os.Remove(path)
		l, err := Open(path, slog.New(slog.DiscardHandler))
		if err != nil {
			r.Fatal(err)
		}
		defer func() { l.Close() }()
		type added struct {
			pair pair
			key  uint64
			at   time.Time
		}
		var all []added
		now := start
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60*3600).Draw(r, "pause")) * time.Second)
			p := pair{rapid.IntRange(0, 1).Draw(r, "uid"), rapid.SampledFrom([]string{"", "S"}).Draw(r, "device")}
			keys := rapid.SliceOfN(rapid.Uint64Range(0, 9), 0, 6).Draw(r, "keys")
			within := rapid.SampledFrom([]time.Duration{time.Hour, day, Reach}).Draw(r, "within")
			want := map[uint64]bool{}
			for _, a := range all {
				if a.pair == p && now.Sub(a.at) < within {
					want[a.key] = true
				}
			}
			for _, k := range keys {
				want[k] = true
			}
			if got := l.Total(p.uid, p.device, within, now, keys); got != len(want) {
				r.Fatalf("total %d, want %d", got, len(want))
			}
			if rapid.Bool().Draw(r, "allowed") {
				if err := l.Add(context.Background(), p.uid, p.device, keys, now); err != nil {
					r.Fatal(err)
				}
				for _, k := range keys {
					all = append(all, added{p, k, now})
				}
			}
			if rapid.IntRange(0, 5).Draw(r, "restart") == 0 {
				l.Close()
				if l, err = Open(path, slog.New(slog.DiscardHandler)); err != nil {
					r.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkTotal(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	add(b, l, 1, "S", people(0, 1000), start)
	extra := people(990, 1010)
	for b.Loop() {
		l.Total(1, "S", day, start, extra)
	}
}

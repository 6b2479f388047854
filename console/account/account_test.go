package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trustline/trustline/console/account"
)

func TestPasswords(t *testing.T) {
	p := account.NewPasswords(2)
	hash, err := p.Hash(t.Context(), "正确的马电池钉书针 correct")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=2$") {
		t.Fatal(hash, err)
	}
	again, err := p.Hash(t.Context(), "正确的马电池钉书针 correct")
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are equal (%v)", err)
	}
	for name, c := range map[string]struct {
		hash, password string
		want           bool
	}{
		"right":             {hash, "正确的马电池钉书针 correct", true},
		"wrong":             {hash, "正确的马电池钉书针 Correct", false},
		"empty":             {hash, "", false},
		"no account":        {"", "正确的马电池钉书针 correct", false},
		"weaker parameters": {strings.Replace(hash, "m=65536", "m=8", 1), "正确的马电池钉书针 correct", false},
		"empty hash":        {"$argon2id$v=19$m=65536,t=3,p=2$$", "", false},
		"very long":         {hash, strings.Repeat("a", 5000), false},
	} {
		if got, err := p.Check(t.Context(), c.hash, c.password); got != c.want || err != nil {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "123456789", "九个汉字不够长哦嗯", strings.Repeat("长", 257)} {
		if _, err := p.Hash(t.Context(), bad); !errors.Is(err, account.ErrPassword) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

// TestManyGuessersTakeTurns: memory for two, however many come.
func TestManyGuessersTakeTurns(t *testing.T) {
	p := account.NewPasswords(1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	var gaveUp atomic.Int32
	for range 20 {
		wg.Go(func() {
			if _, err := p.Check(ctx, "", "guess"); errors.Is(err, context.DeadlineExceeded) {
				gaveUp.Add(1)
			}
		})
	}
	wg.Wait()
	if gaveUp.Load() < 15 {
		t.Errorf("only %d of 20 gave up waiting: they were not taking turns", gaveUp.Load())
	}
}

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func TestBrakeDoublesTheWait(t *testing.T) {
	b := account.NewBrake(5)
	at := now
	for range 5 {
		if w := b.Try("li", at); w != 0 {
			t.Fatalf("a free try had to wait %v", w)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
		want *= time.Second
		if w := b.Try("li", at); w != want {
			t.Fatalf("wait %v, want %v", w, want)
		}
		if w := b.Try("zhang", at); w != 0 {
			t.Fatalf("somebody else has to wait %v", w)
		}
		b.Forget("zhang")
		at = at.Add(want)
		if w := b.Try("li", at); w != 0 {
			t.Fatalf("after the wait: %v more", w)
		}
	}
	b.Forget("li")
	if w := b.Try("li", at); w != 0 {
		t.Errorf("after signing in: %v", w)
	}
	if w := b.Try("li", at.Add(2*time.Hour)); w != 0 {
		t.Errorf("long after: %v", w)
	}
}

func TestBrakeHoldsAgainstManyAtOnce(t *testing.T) {
	b := account.NewBrake(5)
	var wg sync.WaitGroup
	var through atomic.Int32
	for range 200 {
		wg.Go(func() {
			if b.Try("li", now) == 0 {
				through.Add(1)
			}
		})
	}
	wg.Wait()
	if through.Load() != 5 {
		t.Errorf("%d of 200 tries at once went through", through.Load())
	}
}

// TestBrakeKeepsItsGripAmongMadeUpKeys: names nobody has do not wash away what
// is known of the one being guessed.
func TestBrakeKeepsItsGripAmongMadeUpKeys(t *testing.T) {
	b := account.NewBrake(5)
	for range 5 {
		b.Try("li", now)
	}
	for n := range 100_000 {
		b.Try(fmt.Sprint("made up ", n), now)
	}
	if b.Try("li", now) == 0 {
		t.Error("the guesser's count was forgotten")
	}
}

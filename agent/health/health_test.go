package health

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBoard(t *testing.T) {
	var log strings.Builder
	b := New(slog.New(slog.NewTextHandler(&log, nil)))
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	b.now = func() time.Time { at = at.Add(time.Second); return at }
	b.Set(SpoolMerging, "")
	b.Set(GuardLost, "/media/b")
	b.Set(GuardLost, "/media/a")
	b.Mark(GuardFailed, "/media/c", errors.New("no /dev/fuse"))
	b.Set(SpoolMerging, "") // again
	b.Set(SpoolFailing, "")
	if n := strings.Count(log.String(), "spool-full"); n != 1 {
		t.Errorf("%d log lines for one warning", n)
	}
	var got []string
	for _, w := range b.Warnings() {
		got = append(got, string(w.Code)+w.About)
	}
	if want := "spool-failing guard-lost/media/b guard-lost/media/a medium-unguarded/media/c spool-full"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	b.Clear(GuardLost, "/media/b")
	b.Clear(GuardLost, "/media/none")
	b.Mark(GuardFailed, "/media/c", nil)
	list := b.Warnings()
	if len(list) != 3 || list[1].About != "/media/a" || !strings.Contains(log.String(), "health restored") {
		t.Errorf("after clearing: %v", list)
	}
}

func TestBoardIsBoundedAndConcurrent(t *testing.T) {
	b := New(slog.New(slog.DiscardHandler))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 100 {
				b.Set(GuardLost, strconv.Itoa(w*100+n))
				b.Warnings()
			}
		})
	}
	wg.Wait()
	if n := len(b.Warnings()); n != maxWarnings {
		t.Errorf("%d warnings", n)
	}
}

func TestEveryCodeHasItsTexts(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	if len(Codes()) < 10 {
		t.Fatal("codes are missing")
	}
	for _, lang := range []string{"en", "zh"} {
		unknown := texts.Title(Warning{Code: "x"}, lang)
		for _, c := range Codes() {
			w := Warning{Code: c, About: "/media/a"}
			title, remedy := texts.Title(w, lang), texts.Remedy(w, lang)
			if title == "" || remedy == "" || strings.Contains(title, string(c)) || title == unknown {
				t.Errorf("%s in %s: %q, %q", c, lang, title, remedy)
			}
			if (c == GuardLost || c == GuardFailed || c == DriveWritable) != strings.Contains(title, "/media/a") {
				t.Errorf("%s in %s does not say which: %q", c, lang, title)
			}
		}
		if !strings.Contains(unknown, "x") {
			t.Errorf("unknown code: %q", unknown)
		}
	}
}

package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
)

func TestTokens(t *testing.T) {
	dir := t.TempDir()
	s, now := open(t, dir), start
	secret, err := s.CreateToken(t.Context(), "siem", store.TokenAPI, now, now.Add(24*time.Hour))
	if err != nil || !strings.HasPrefix(secret, "tl_api_") || len(secret) < 30 {
		t.Fatalf("token of %d characters, %v", len(secret), err)
	}
	if k, err := s.CheckToken(t.Context(), secret, now); err != nil || k.Name != "siem" || k.Kind != store.TokenAPI {
		t.Errorf("%+v %v", k, err)
	}
	for name, c := range map[string]struct {
		secret string
		at     time.Time
	}{
		"forged":       {secret[:len(secret)-1] + "~", now},
		"empty":        {"", now},
		"its hash":     {keptHash(t, dir, secret), now},
		"just expired": {secret, now.Add(24 * time.Hour)},
	} {
		if _, err := s.CheckToken(t.Context(), c.secret, c.at); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := s.RevokeToken(t.Context(), "siem", now); n != 1 || err != nil {
		t.Errorf("revoked %d, %v", n, err)
	}
	if _, err := s.CheckToken(t.Context(), secret, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a revoked token still works: %v", err)
	}
	if n, err := s.RevokeToken(t.Context(), "siem", now); n != 0 || err != nil {
		t.Errorf("revoked again: %d, %v", n, err)
	}
}

// keptHash answers what is kept of a token; the token itself must not be.
func keptHash(t *testing.T, dir, secret string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(secret))
	hash, found := hex.EncodeToString(sum[:]), false
	for _, name := range []string{"console.db", "console.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), secret) {
			t.Errorf("%s holds a token in the clear", name)
		}
		found = found || strings.Contains(string(raw), hash)
	}
	if !found {
		t.Error("no file holds the token's hash: the test looks at the wrong place")
	}
	return hash
}

func TestTokensOfAnotherProcessWorkAtOnce(t *testing.T) {
	dir := t.TempDir()
	serving, command := open(t, dir), open(t, dir)
	secret, err := command.CreateToken(t.Context(), "siem", store.TokenAPI, start, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if k, err := serving.CheckToken(t.Context(), secret, start.Add(50*365*24*time.Hour)); err != nil || k.Kind != store.TokenAPI {
		t.Errorf("%+v %v", k, err)
	}
}

func TestSetupWorksOnce(t *testing.T) {
	s := open(t, t.TempDir())
	old, err := s.CreateSetup(t.Context(), start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := s.CreateSetup(t.Context(), start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		secret string
		at     time.Time
	}{"an earlier link": {old, start}, "forged": {"x" + secret, start}, "expired": {secret, start.Add(time.Hour)}} {
		if ok, err := s.CheckSetup(t.Context(), c.secret, c.at); ok || err != nil {
			t.Errorf("%s: %v %v", name, ok, err)
		}
		if _, err := s.UseSetup(t.Context(), c.secret, store.Account{Name: "eve"}, c.at); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s was used: %v", name, err)
		}
	}
	// Many at once: one becomes administrator.
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for n := range 8 {
		wg.Go(func() {
			a, err := s.UseSetup(t.Context(), secret, store.Account{Name: "admin" + string(rune('a'+n)), Password: "hash"}, start)
			if err != nil {
				if !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made++
			if a.Role != store.RoleAdministrator {
				t.Errorf("role %q", a.Role)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d administrators from one link", made)
	}
}

func TestSessions(t *testing.T) {
	s := open(t, t.TempDir())
	sessions := store.Sessions{Store: s}
	now := time.Now()
	if err := sessions.CommitCtx(t.Context(), "cookie", []byte("data"), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := sessions.CommitCtx(t.Context(), "ended", []byte("data"), now.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]bool{"cookie": true, "ended": false, "other": false} {
		if _, found, err := sessions.FindCtx(t.Context(), token); found != want || err != nil {
			t.Errorf("%s: %v %v", token, found, err)
		}
	}
	if err := sessions.DeleteCtx(t.Context(), "cookie"); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := sessions.FindCtx(t.Context(), "cookie"); found {
		t.Error("an ended session is still there")
	}
}

func TestFilesAreNobodyElses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	add(t, s, samples(t, 10))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		i, err := d.Info()
		if err == nil && i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", d.Name(), i.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADamagedDatabaseIsSaidToBeOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "console.db"), []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), dir)
	if err == nil {
		s.Close()
		t.Fatal("opened")
	}
	if !strings.Contains(err.Error(), "not a database") {
		t.Error(err)
	}
}

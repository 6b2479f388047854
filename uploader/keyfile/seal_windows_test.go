package keyfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

var secret = []byte("a key that nobody may find again")

func sealed(t *testing.T, name string) (path string, raw []byte) {
	t.Helper()
	path = filepath.Join(folder(t), name)
	if err := Write(path, secret); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, raw
}

func TestSealed(t *testing.T) {
	path, raw := sealed(t, "one.key")
	if !bytes.HasPrefix(raw, []byte(header)) || bytes.Contains(raw, secret[:8]) {
		t.Errorf("the file shows the key: %q", raw)
	}
	if err := Keep(path, limit); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, raw) {
		t.Errorf("what is sealed was sealed again: %v", err)
	}
	// One key's file in place of another's.
	other := filepath.Join(folder(t), "other.key")
	if err := os.WriteFile(other, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(other, limit); !errors.Is(err, ErrSealed) {
		t.Errorf("another key's file opens: %v", err)
	}
}

// What an earlier version left opens, and is sealed without being lost.
func TestEarlierVersion(t *testing.T) {
	path := filepath.Join(folder(t), "one.key")
	if err := os.WriteFile(path, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path, limit); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("%q, %v", got, err)
	}
	if raw, err := os.ReadFile(path); err != nil || !bytes.Equal(raw, secret) {
		t.Errorf("reading changed the file: %v", err)
	}
	if err := Keep(path, limit); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, secret[:8]) {
		t.Errorf("still unsealed: %q, %v", raw, err)
	}
	if got, err := Read(path, limit); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("once sealed: %q, %v", got, err)
	}
}

// Damaged wherever it may be, the file never answers another key, and stays.
func TestDamaged(t *testing.T) {
	path, good := sealed(t, "one.key")
	hurt := map[string][]byte{"cut short": good[:len(good)/2], "nothing but the header": []byte(header)}
	for _, at := range []int{len(header), len(good) / 2, len(good) - 1} {
		bad := bytes.Clone(good)
		bad[at] ^= 0x40
		hurt["a bit turned"+strings.Repeat("'", len(hurt))] = bad
	}
	for how, bad := range hurt {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path, limit)
		if err == nil && !bytes.Equal(got, secret) {
			t.Errorf("%s: answers another key", how)
		}
		if err != nil && (!errors.Is(err, ErrSealed) || !strings.Contains(err.Error(), path)) {
			t.Errorf("%s: %v", how, err)
		}
		if err == nil && (how == "cut short" || how == "nothing but the header") {
			t.Errorf("%s: opens", how)
		}
		t.Logf("%s: %v", how, err)
		if err := Keep(path, limit); (err == nil) != (got != nil) {
			t.Errorf("%s: Keep says %v", how, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, bad) {
			t.Errorf("%s: the file was changed", how)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path, limit); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("restored: %v", err)
	}
}

// On Windows nobody but the system, administrators and the owner may read the file.
func TestGuarded(t *testing.T) {
	path, _ := sealed(t, "one.key")
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	said := descriptor.String()
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skipf("SKIPPED: Wine keeps no access lists but what a file's mode can say, here %s; tried on Windows itself", said)
	}
	for _, many := range []string{";WD)", ";BU)", ";AU)", ";IU)"} {
		if strings.Contains(said, many) {
			t.Errorf("many may read it: %s", said)
		}
	}
}

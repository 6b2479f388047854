package extract

import (
	"bytes"
	"context"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// sevenZipOf has 7-Zip pack content, which it reads from its input, as name.
func sevenZipOf(t testing.TB, name string, content io.Reader, arguments ...string) []byte {
	t.Helper()
	to := filepath.Join(t.TempDir(), "a.7z")
	pack := exec.Command("7z", append(append([]string{"a", "-bd", "-si" + name}, arguments...), to)...)
	pack.Stdin = content
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("7z: %v: %s", err, out)
	}
	packed, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// TestSevenZipBombs opens archives of 7-Zip made to explode: each ends with a
// reason, in little memory and time.
func TestSevenZipBombs(t *testing.T) {
	if _, err := exec.LookPath("7z"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	const size = 128 << 20
	nothing := func() io.Reader { return io.NewSectionReader(endless{"\x00", size}, 0, size) }
	once := sevenZipOf(t, "a", nothing(), "-mx=1")
	twice := sevenZipOf(t, "a.7z", bytes.NewReader(once), "-mx=1")
	deep := sevenZipOf(t, "a.txt", strings.NewReader("13987654321"))
	for range 12 {
		deep = sevenZipOf(t, "a.7z", bytes.NewReader(deep), "-mx=0")
	}
	for name, tt := range map[string]struct {
		content []byte
		reason  Reason
	}{
		"nothing":         {once, TooLarge},
		"packed twice":    {twice, TooLarge},
		"with PPMd":       {sevenZipOf(t, "a", nothing(), "-m0=PPMd:mem=16m:o=4"), TooLarge},
		"with BZip2":      {sevenZipOf(t, "a", nothing(), "-m0=BZip2", "-mx=1"), TooLarge},
		"deep":            {deep, TooDeep},
		"huge dictionary": {hugeDictionary(t), TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			result, err := Extract(context.Background(), bytes.NewReader(tt.content), int64(len(tt.content)), Limits{Expanded: size / 2}, &silent{})
			if err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			took, allocated := time.Since(start), after.TotalAlloc-before.TotalAlloc
			t.Logf("%d bytes, %v, %d MiB allocated, reason %q", len(tt.content), took, allocated>>20, result.Reason)
			if result.Reason != tt.reason || took > time.Minute || allocated > 400<<20 {
				t.Errorf("reason %q, want %q; took %v and %d MiB", result.Reason, tt.reason, took, allocated>>20)
			}
		})
	}
}

// hugeDictionary is a small archive that says unpacking it takes 4 GiB.
func hugeDictionary(t *testing.T) []byte {
	t.Helper()
	p := sevenZipOf(t, "a", strings.NewReader(strings.Repeat("13987654321\n", 100)), "-m0=LZMA", "-mhc=off")
	at := 32 + int(le.Uint64(p[12:])) // of the header
	coder := bytes.Index(p[at:], []byte("\x23\x03\x01\x01\x05\x5D"))
	if coder < 0 {
		t.Fatal("no coder in the header")
	}
	copy(p[at+coder+6:], "\xFF\xFF\xFF\xFF")
	le.PutUint32(p[28:], crc32.ChecksumIEEE(p[at:at+int(le.Uint64(p[20:]))]))
	le.PutUint32(p[8:], crc32.ChecksumIEEE(p[12:32]))
	return p
}

// TestSealed answers encrypted for files sealed as a whole, and unsupported for
// what is packed in ways that are not read: never clean.
func TestSealed(t *testing.T) {
	list := real(t, "utf8.csv")
	run := func(name string, arguments ...string) []byte {
		t.Helper()
		if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		p := exec.Command(name, arguments...)
		p.Stdin, p.Env = bytes.NewReader(list), append(os.Environ(), "GNUPGHOME="+t.TempDir())
		out, err := p.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return out
	}
	gpg := []string{"--batch", "--pinentry-mode", "loopback", "--passphrase", "x", "-o", "-", "-c"}
	for name, tt := range map[string]struct {
		content []byte
		reason  Reason
	}{
		"gpg":             {run("gpg", gpg...), Encrypted},
		"gpg, as text":    {run("gpg", append([]string{"--armor"}, gpg...)...), Encrypted},
		"openssl":         {run("openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-pass", "pass:x"), Encrypted},
		"gpg in archive":  {zipOf(t, file{"list.gpg", string(run("gpg", gpg...))}), Encrypted},
		"age":             {[]byte("age-encryption.org/v1\n-> X25519 x\n"), Encrypted},
		"compress":        {append([]byte("\x1F\x9D\x90"), list...), Unsupported},
		"lha":             {append([]byte("\x1E\x00-lh5-"), list...), Unsupported},
		"winmail.dat":     {append([]byte("\x78\x9F\x3E\x22\x01\x00"), list...), Unsupported},
		"rpm":             {append([]byte("\xED\xAB\xEE\xDB\x03\x00"), list...), Unsupported},
		"lzma, too large": {append([]byte("\x5D\x00\x00\x00\x40"+strings.Repeat("\xFF", 8)+"\x00"), list...), TooLarge},
	} {
		text, result := extracted(t, tt.content)
		if result.Reason != tt.reason {
			t.Errorf("%s: reason %q, want %q", name, result.Reason, tt.reason)
		}
		if tt.reason == Unsupported && !strings.Contains(text, "13987654321") {
			t.Errorf("%s: what stands there as it is was not searched", name)
		}
	}
}

package lists

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/listfile"
)

type fixture struct {
	*Lists
	t    *testing.T
	data string
	key  *listfile.Key
}

var author = store.Account{ID: "a", Name: "li.na"}

func open(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, data: t.TempDir()}
	s, err := store.Open(t.Context(), f.data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	key, err := signer.Load(f.data)
	if err != nil {
		t.Fatal(err)
	}
	f.Lists = New(f.data, s, key)
	if f.key, err = listfile.NewKey(); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) build(key *listfile.Key, name string, build uint64) string {
	f.t.Helper()
	b, err := exact.NewBuilder(key, []exact.Column{{Name: "name", Kind: exact.Name}, {Name: "mobile", Kind: exact.Mobile}}, f.t.TempDir())
	if err != nil {
		f.t.Fatal(err)
	}
	defer b.Close()
	if err := b.Add([]string{"王小明", "13800138001"}); err != nil {
		f.t.Fatal(err)
	}
	path := filepath.Join(f.t.TempDir(), "a.list")
	if _, err := b.Write(f.t.Context(), path, name, build, time.Now(), nil); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f *fixture) publish(path string) (store.List, error) {
	return f.Publish(f.t.Context(), author, path, f.key, time.Now())
}

// told answers what machines are told.
func (f *fixture) told() (all []orders.List) {
	f.t.Helper()
	es, err := f.Orders(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range es {
		l, err := orders.OpenList(e, f.signer.Public())
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

func TestPublishedListsAreTold(t *testing.T) {
	f := open(t)
	if got := f.told(); len(got) != 0 {
		t.Fatalf("before anything was published: %v", got)
	}
	path := f.build(f.key, "crm", 5)
	p, err := f.publish(path)
	if err != nil {
		t.Fatal(err)
	}
	told := f.told()
	if len(told) != 1 || told[0].Name != "crm" || told[0].Build != 5 || told[0].Serial != 1 || told[0].SHA256 != p.SHA256 {
		t.Fatalf("%+v", told)
	}
	if k, err := listfile.ParseKey([]byte(told[0].Key)); err != nil || k.CanSign() || k.ID() != f.key.ID() {
		t.Errorf("machines are told the key %v %v", k, err)
	}
	file, err := f.Open(p.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(file)
	file.Close()
	want, _ := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d: %v", len(got), len(want), err)
	}

	if _, err := f.publish(f.build(f.key, "crm", 4)); !errors.Is(err, store.ErrOlder) {
		t.Errorf("an older one: %v", err)
	}
	if err := f.Withdraw(t.Context(), author, "exact", "crm", time.Now()); err != nil {
		t.Fatal(err)
	}
	if told := f.told(); len(told) != 1 || !told[0].Withdrawn || told[0].Key != "" {
		t.Errorf("withdrawn: %+v", told)
	}
	if err := f.Withdraw(t.Context(), author, "exact", "crm", time.Now()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if _, err := f.publish(f.build(f.key, "crm", 4)); !errors.Is(err, store.ErrOlder) {
		t.Errorf("an older one after it was withdrawn: %v", err)
	}
}

func TestWhatIsNoListIsNotPublished(t *testing.T) {
	f := open(t)
	other, err := listfile.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	whole := f.build(f.key, "crm", 5)
	data, _ := os.ReadFile(whole)
	cut := filepath.Join(t.TempDir(), "cut")
	os.WriteFile(cut, data[:len(data)-1], 0o600)
	changed := bytes.Clone(data)
	changed[4100] ^= 1
	bad := filepath.Join(t.TempDir(), "bad")
	os.WriteFile(bad, changed, 0o600)
	for what, c := range map[string]struct {
		path string
		want error
	}{
		"another key": {f.build(other, "crm", 5), listfile.ErrKeyless}, "cut": {cut, listfile.ErrCut}, "changed": {bad, listfile.ErrDamaged},
	} {
		if _, err := f.publish(c.path); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := f.publish(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no file was published")
	}
	if told := f.told(); len(told) != 0 {
		t.Errorf("told %+v", told)
	}
	if left, _ := os.ReadDir(f.dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestTheKeyIsSealed: it is in no file of the console's as it is.
func TestTheKeyIsSealed(t *testing.T) {
	f := open(t)
	if _, err := f.publish(f.build(f.key, "crm", 5)); err != nil {
		t.Fatal(err)
	}
	text, err := f.key.Endpoint().MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	secret := bytes.Split(text, []byte("\n"))[3]
	err = filepath.WalkDir(f.data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, secret) {
			t.Errorf("the key stands in %s", path)
		}
		return err
	})
	if err != nil || len(secret) < 32 {
		t.Fatal(len(secret), err)
	}
}

func TestFilesNobodyIsToldOfGo(t *testing.T) {
	f := open(t)
	first, err := f.publish(f.build(f.key, "crm", 5))
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(f.path(first.SHA256), long, long); err != nil {
		t.Fatal(err)
	}
	second, err := f.publish(f.build(f.key, "crm", 6))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open(first.SHA256); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the first is still there: %v", err)
	}
	file, err := f.Open(second.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	for _, sum := range []string{"", "..", "../console.db", coming + "1"} {
		if _, err := f.Open(sum); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v", sum, err)
		}
	}
}

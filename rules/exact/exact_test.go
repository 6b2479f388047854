package exact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/FastFilter/xorfilter"
	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/synthetic"
)

var customer = []Column{{Name: "name", Kind: Name}, {Name: "mobile", Kind: Mobile}, {Name: "id", Kind: ID}, {Name: "email", Kind: Email}, {Name: "address", Kind: Address}}

func row(p synthetic.Person) []string {
	return []string{p.Name, p.Mobile, p.ResidentID, p.Email, p.Address}
}

func newKey(t testing.TB) *listfile.Key {
	t.Helper()
	k, err := listfile.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func buildFile(t testing.TB, k *listfile.Key, name string, columns []Column, rows [][]string) string {
	t.Helper()
	b, err := NewBuilder(k, columns, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := b.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), name+".list")
	if _, err := b.Write(context.Background(), path, name, 1, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func build(t testing.TB, k *listfile.Key, name string, columns []Column, rows [][]string) *List {
	t.Helper()
	l, err := Open(context.Background(), buildFile(t, k, name, columns, rows), listfile.Ring{k.Endpoint()}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func rows(people []synthetic.Person) (all [][]string) {
	for _, p := range people {
		all = append(all, row(p))
	}
	return all
}

// found answers how many people of each list a text holds.
func found(t testing.TB, text string, fields int, except []string, lists ...*List) map[string]int {
	t.Helper()
	m, err := NewMatcher(lists)
	if err != nil {
		t.Fatal(err)
	}
	m.Begin()
	m.Write([]byte(text))
	return people(t, m, fields, except)
}

func people(t testing.TB, m *Matcher, fields int, except []string) map[string]int {
	t.Helper()
	matches, incomplete := m.Close()
	if incomplete {
		t.Error("the answer is incomplete")
	}
	n := map[string]int{}
	for _, match := range matches {
		if p := match.People(fields, except); p > 0 {
			n[match.List] = p
		}
	}
	return n
}

func TestFindsPeopleHoweverTheyAreWritten(t *testing.T) {
	people := synthetic.New(1).People(500)
	l := build(t, newKey(t), "crm", customer, rows(people))
	a, b := people[0], people[1]
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7F {
				return r + 0xFEE0
			}
			return r
		}, s)
	}
	spaced := func(s string) string { return s[:3] + " " + s[3:7] + " " + s[7:] }
	for _, test := range []struct {
		name, text string
		fields     int
		want       int
	}{
		{"csv", a.Name + "," + a.Mobile + "\n" + b.Name + "," + b.Mobile + "\n", 2, 2},
		{"columns the other way round", a.Mobile + "\t" + a.Name + "\r\n", 2, 1},
		{"in a sentence", "请联系客户" + a.Name + "，电话" + a.Mobile + "，谢谢。", 2, 1},
		{"three of three", a.Name + "|" + a.Mobile + "|" + a.Address, 3, 1},
		{"two are not three", a.Name + "|" + a.Mobile, 3, 0},
		{"full width", wide(a.Mobile) + " " + a.Name, 2, 1},
		{"separated", "+86 " + spaced(a.Mobile) + " / " + a.Name, 2, 1},
		{"zero width inside", a.Mobile[:5] + "\u200b" + a.Mobile[5:] + " " + a.Name, 2, 1},
		{"identity number in small letters", strings.ToLower(a.ResidentID) + ";" + a.Name, 2, 1},
		{"mail in capitals", strings.ToUpper(a.Email) + " " + a.Name, 2, 1},
		{"no name at all", a.Mobile + " " + a.ResidentID, 2, 1},
		{"a form over lines", "姓名：" + a.Name + "\n性别：男\n手机：" + a.Mobile + "\n", 2, 1},
		{"a form of three", "姓名：" + a.Name + "\n手机：" + a.Mobile + "\n邮箱：" + a.Email + "\n", 3, 1},
		{"too far apart", a.Name + "\n\n\n\n\n\n" + a.Mobile + "\n", 2, 0},
		{"fields of different people", a.Name + "," + b.Mobile + "\n", 2, 0},
		{"alone", a.Mobile, 1, 1},
		{"alone is not two", a.Mobile, 2, 0},
		{"the same one twice", strings.Repeat(a.Name+","+a.Mobile+"\n", 9), 2, 1},
		{"by mobile and by mail", a.Name + "," + a.Mobile + "\n" + a.Mobile + "," + a.Email + "\n", 2, 1},
		{"quoted with a comma", `"` + a.Address + `, 5","` + a.Mobile + `"`, 2, 1},
		{"quoted", `"` + a.Address + `","` + a.Mobile + `"`, 2, 1},
		{"no line end for long", strings.Repeat("x, ", 9000) + a.Name + ", " + a.Mobile + strings.Repeat(", x", 9000), 2, 1},
		{"nobody", "订单 20240101000001 金额 100.00 元，下单 13800138000x", 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := found(t, test.text, test.fields, nil, l)["crm"]; got != test.want {
				t.Errorf("%d people found, want %d", got, test.want)
			}
		})
	}
}

func TestRowsOfATable(t *testing.T) {
	people := synthetic.New(2).People(50)
	l := build(t, newKey(t), "crm", customer, rows(people))
	m, err := NewMatcher([]*List{l})
	if err != nil {
		t.Fatal(err)
	}
	m.Begin()
	m.Row([][]byte{[]byte("电话"), []byte("客户")})
	for _, p := range people[:7] {
		m.Row([][]byte{[]byte(p.Mobile), []byte("是"), []byte(p.Name + "\n")})
	}
	matches, _ := m.Close()
	if len(matches) != 1 || matches[0].People(2, nil) != 7 {
		t.Errorf("found %+v", matches)
	}
}

func TestStaffIsExcluded(t *testing.T) {
	k := newKey(t)
	all := synthetic.New(3).People(60)
	crm := build(t, k, "crm", customer, rows(all))
	staff := build(t, k, "staff", []Column{{Name: "n", Kind: Name}, {Name: "m", Kind: Mobile}}, func() (r [][]string) {
		for _, p := range all[:20] {
			r = append(r, []string{p.Name, p.Mobile})
		}
		return r
	}())
	var text strings.Builder
	for _, p := range all[10:40] {
		// The e-mail address, by which staff does not know anybody, must not
		// let them pass for customers.
		fmt.Fprintf(&text, "%s,%s,%s\n", p.Email, p.Name, p.Mobile)
	}
	if got := found(t, text.String(), 2, nil, crm, staff); got["crm"] != 30 || got["staff"] != 10 {
		t.Errorf("found %v", got)
	}
	if got := found(t, text.String(), 2, []string{"staff"}, crm, staff); got["crm"] != 20 {
		t.Errorf("without staff found %v", got)
	}
}

func TestKeysAreRotated(t *testing.T) {
	people := synthetic.New(4).People(30)
	before := build(t, newKey(t), "crm", customer, rows(people[:20]))
	after := build(t, newKey(t), "crm-new", customer, rows(people[10:]))
	text := people[15].Name + "," + people[15].Mobile
	if got := found(t, text, 2, nil, before, after); got["crm"] != 1 || got["crm-new"] != 1 {
		t.Errorf("found %v", got)
	}
}

// TestCutMakesNoDifference: neither how text is cut, nor who else stands in it.
func TestCutMakesNoDifference(t *testing.T) {
	all := synthetic.New(5).People(200)
	l := build(t, newKey(t), "crm", customer, rows(all[:100]))
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		want := map[string]bool{}
		for range rapid.IntRange(0, 30).Draw(t, "rows") {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "person")
			r := row(all[i])
			one := rapid.IntRange(0, len(r)-1).Draw(t, "one")
			other := rapid.IntRange(0, len(r)-2).Draw(t, "other")
			if other >= one {
				other++
			}
			primary := func(c int) bool { return c >= 1 && c <= 3 }
			if i < 100 && (primary(one) || primary(other)) {
				want[all[i].Mobile] = true
			}
			sep := rapid.SampledFrom([]string{",", "\t", "|", " ; ", "，"}).Draw(t, "separator")
			text.WriteString(r[one] + sep + r[other] + "\n")
		}
		m, err := NewMatcher([]*List{l})
		if err != nil {
			t.Fatal(err)
		}
		m.Begin()
		for rest := []byte(text.String()); len(rest) > 0; {
			n := rapid.IntRange(1, min(len(rest), 64)).Draw(t, "cut")
			m.Write(rest[:n])
			rest = rest[n:]
			if m.Clean() > int64(text.Len()-len(rest)) {
				t.Fatalf("%d of %d bytes are clean", m.Clean(), text.Len()-len(rest))
			}
		}
		matches, _ := m.Close()
		got := 0
		for _, match := range matches {
			got = match.People(2, nil)
		}
		// One person found by mobile here and by mail there is counted twice:
		// the list holds no third cell to join them by.
		if got < len(want) {
			t.Fatalf("%d people found, want at least %d", got, len(want))
		}
	})
}

func TestCleanStopsBeforeTheFirst(t *testing.T) {
	people := synthetic.New(6).People(10)
	l := build(t, newKey(t), "crm", customer, rows(people))
	m, err := NewMatcher([]*List{l})
	if err != nil {
		t.Fatal(err)
	}
	lead := strings.Repeat("nothing to see\n", 1000)
	m.Begin()
	m.Write([]byte(lead))
	if c := m.Clean(); c < int64(len(lead)-100) || c > int64(len(lead)) {
		t.Errorf("%d of %d bytes are clean", c, len(lead))
	}
	m.Write([]byte("姓名：" + people[0].Name + "\n手机：" + people[0].Mobile + "\n" + lead))
	if c := m.Clean(); c > int64(len(lead)) {
		t.Errorf("%d bytes are clean, %d would be right", c, len(lead))
	}
}

// TestFilter: what was put in is found, through the mapped file and through
// the library alike; the rest hardly ever.
func TestFilter(t *testing.T) {
	for _, width := range []int{1, 2} {
		for _, n := range []int{0, 1, 2, 3, 10, 1000, 3 << 19} {
			testFilter(t, width, n)
		}
	}
}

func testFilter(t *testing.T, width, n int) {
	t.Helper()
	dir, k := t.TempDir(), newKey(t)
	s, err := newSpill(dir, "s")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for i := range n {
		if err := s.add(mix(uint64(i) + 1)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "x.list")
	w, err := listfile.Create(path, k, listfile.Header{Kind: FileKind, Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	w.Section("s")
	f, err := s.build(width, w, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(f); err != nil {
		t.Fatal(err)
	}
	file, err := listfile.Open(context.Background(), path, FileKind, listfile.Ring{k}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	v := file.Section("s")
	if err := f.check(v.Size()); err != nil {
		t.Fatal(err)
	}
	if p := f.Parts[0]; n == 1000 && width == 1 {
		all := make([]byte, v.Size())
		fuse := xorfilter.BinaryFuse[uint8]{Seed: p.Seed, SegmentLength: p.Length, SegmentLengthMask: p.Length - 1,
			SegmentCount: p.Segment, SegmentCountLength: p.Segment * p.Length, Fingerprints: v.At(0, len(all), all)}
		for i := range uint64(100_000) {
			if fuse.Contains(mix(i)) != f.has(v, mix(i)) {
				t.Fatal("the library answers otherwise")
			}
		}
	}
	for i := range n {
		if !f.has(v, mix(uint64(i)+1)) {
			t.Fatalf("of %d keys, number %d is missed", n, i)
		}
	}
	chance := 0
	for i := range 1 << 16 {
		if f.has(v, mix(uint64(n+i)+1)) {
			chance++
		}
	}
	if limit := 1<<16>>(8*width) + 80; chance > limit || n == 0 && chance > 0 {
		t.Errorf("width %d, %d keys: %d of 65536 found by chance", width, n, chance)
	}
	if file.Failed() {
		t.Error("a look outside the file")
	}
}

func TestBuilderRefuses(t *testing.T) {
	k := newKey(t)
	for _, columns := range [][]Column{
		{{Name: "mobile", Kind: Mobile}},
		{{Name: "name", Kind: Name}, {Name: "address", Kind: Address}},
		{{Name: "name", Kind: Name, Primary: true}, {Name: "mobile", Kind: Mobile}},
		{{Name: "name", Kind: "nom"}, {Name: "mobile", Kind: Mobile}},
	} {
		if _, err := NewBuilder(k, columns, t.TempDir()); err == nil {
			t.Errorf("%v was taken", columns)
		}
	}
	dir := t.TempDir()
	b, err := NewBuilder(k, customer, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][]string{nil, {"", ""}, {"张三"}, {"-", "n/a", "无"}, {"张三", "123"}} {
		if err := b.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Write(context.Background(), filepath.Join(dir, "x.list"), "x", 1, time.Now(), nil); err == nil {
		t.Error("an empty list was written")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestListHoldsNothingReadable(t *testing.T) {
	people := synthetic.New(7).People(100)
	k := newKey(t)
	path := buildFile(t, k, "crm", customer, rows(people))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		for _, cell := range row(p) {
			if bytes.Contains(data, []byte(cell)) {
				t.Fatal("a cell stands in the list")
			}
		}
	}
	if _, err := Open(context.Background(), path, listfile.Ring{newKey(t)}, 0); !errors.Is(err, listfile.ErrKeyless) {
		t.Errorf("without the key: %v", err)
	}
}

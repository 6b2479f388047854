package exact

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/synthetic"
)

// FuzzMatcher looks at any text, cut anywhere: the answer depends on the text
// alone, and no more is called clean than was written.
func FuzzMatcher(f *testing.F) {
	all := synthetic.New(8).People(20)
	columns := append([]Column{{Name: "no", Kind: Other, Primary: true}}, customer...)
	columns[2].Primary = true
	var table [][]string
	for _, p := range all {
		table = append(table, append([]string{"C-" + p.Mobile[4:]}, row(p)...))
	}
	l := build(f, newKey(f), "crm", columns, table)
	f.Add([]byte(all[0].Name+","+all[0].Mobile+"\n"+all[1].Mobile+"\t\""+all[1].Address+"\"\n"), 3)
	f.Add([]byte("姓名："+all[2].Name+"\n手机：+86 "+all[2].Mobile), 1)
	f.Add([]byte("\xff\xef\xbc\xe2\x80 C-"+all[3].Mobile[4:]+" "+all[3].Email), 7)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		whole, err := NewMatcher([]*List{l})
		if err != nil {
			t.Fatal(err)
		}
		whole.Begin()
		whole.Write(text)
		want, _ := whole.Close()
		parts, err := NewMatcher([]*List{l})
		if err != nil {
			t.Fatal(err)
		}
		parts.Begin()
		for rest, n := text, 1+(cut&0xff); len(rest) > 0; {
			parts.Write(rest[:min(n, len(rest))])
			rest = rest[min(n, len(rest)):]
			if c := parts.Clean(); c < 0 || c > int64(len(text)-len(rest)) {
				t.Fatalf("%d bytes are clean of %d", c, len(text)-len(rest))
			}
		}
		got, _ := parts.Close()
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			t.Fatalf("whole: %s, cut: %s", a, b)
		}
		parts.Reset()
		parts.Row([][]byte{text, text})
		parts.Close()
	})
}

// FuzzDetail opens lists that are signed but say anything of their filters.
func FuzzDetail(f *testing.F) {
	f.Add([]byte(`{"columns":[{"name":"a","kind":"mobile","primary":true},{"name":"b","kind":"name"}],"rows":1,"cells":{"width":1,"parts":[{"seed":1,"offset":0,"length":4,"segment":1}]},"pairs":{"width":2,"parts":[{"length":8,"segment":1}]}}`))
	f.Add([]byte(`{"cells":{"parts":[{"offset":-1}]}}`))
	k := newKey(f)
	f.Fuzz(func(t *testing.T, said []byte) {
		if !json.Valid(said) {
			return
		}
		path := filepath.Join(t.TempDir(), "x.list")
		w, err := listfile.Create(path, k, listfile.Header{Kind: FileKind, Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"cells", "pairs"} {
			w.Section(s)
			if _, err := w.Write(make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Commit(json.RawMessage(said)); err != nil {
			return // too large
		}
		l, err := Open(context.Background(), path, listfile.Ring{k}, 0)
		if err != nil {
			return
		}
		defer l.Close()
		m, err := NewMatcher([]*List{l})
		if err != nil {
			t.Fatal(err)
		}
		m.Begin()
		m.Write([]byte("张三,13800138000,a@example.com,11010119900307123x\n"))
		m.Close()
		if l.file.Failed() {
			t.Error("looked outside a section that had been checked")
		}
	})
}

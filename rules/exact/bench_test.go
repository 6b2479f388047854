package exact

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/synthetic"
)

// BenchmarkTenMillionRows builds and opens a list of ten million rows of five
// columns, with one primary column and with three, and measures how often
// somebody else's numbers are taken for theirs.
func BenchmarkTenMillionRows(b *testing.B) {
	for _, primary := range []int{1, 3} {
		b.Run(fmt.Sprintf("primary=%d", primary), func(b *testing.B) {
			for b.Loop() {
				measure(b, 10_000_000, primary)
			}
		})
	}
}

func measure(b *testing.B, n, primary int) {
	columns := append([]Column{}, customer...)
	for i := range primary {
		columns[i+1].Primary = true
	}
	k, dir := newKey(b), b.TempDir()
	start := time.Now()
	builder, err := NewBuilder(k, columns, dir)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if err := builder.Add(numbered(i)); err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(dir, "crm.list")
	var peak uint64
	built, err := builder.Write(context.Background(), path, "crm", 1, time.Now(), func(int, int) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.Sys)
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := builder.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "s/build")
	b.ReportMetric(float64(built.Size)/1e6, "MB")
	b.ReportMetric(float64(peak)/1e6, "MB-memory")
	builder = nil
	runtime.GC()
	before := heap()
	start = time.Now()
	l, err := Open(context.Background(), path, listfile.Ring{k}, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.ReportMetric(time.Since(start).Seconds()*1000, "ms/open")
	b.ReportMetric(float64(heap()-before)/1e3, "KB-heap-open")
	chance(b, l, n)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// chance counts matches of people who are not on the list, and of cells of
// different people who are.
func chance(b *testing.B, l *List, n int) {
	const tries = 1_000_000
	var alone, mixed int
	var scratch []byte
	for i := range tries {
		other := numbered(n + i)
		f := l.hash.field(Mobile.code(), []byte(other[1]), &scratch)
		if l.hasPrimary(f) {
			alone++
		}
		known := l.hash.field(Mobile.code(), []byte(numbered(i * 7 % n)[1]), &scratch)
		name := l.hash.field(ID.code(), []byte(strings.ToLower(numbered((i*7 + 1) % n)[2])), &scratch)
		if l.hasCell(name) && l.hasPair(known, name) {
			mixed++
		}
	}
	b.ReportMetric(float64(alone), "strangers/1M")
	b.ReportMetric(float64(mixed), "mixed-up/1M")
}

// numbered answers the row of a person made up from a number.
func numbered(i int) []string {
	const given = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚桂英华玉兰红云飞龙"
	const family = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
	g, f := []rune(given), []rune(family)
	h := mix(uint64(i))
	return []string{
		string(f[h%uint64(len(f))]) + string(g[h>>8%uint64(len(g))]) + string(g[(h>>20)%uint64(len(g))]),
		fmt.Sprintf("1%010d", (uint64(i)*7919+3_000_000_000)%10_000_000_000),
		fmt.Sprintf("110101%08d%03dX", 19500101+i%500000, i/500000),
		fmt.Sprintf("user%d@example.com", i),
		fmt.Sprintf("北京市朝阳区建国路%d号%d室", i/3, i%3),
	}
}

// BenchmarkMatcher looks for a hundred thousand people in text without any of
// them and in tables full of them.
func BenchmarkMatcher(b *testing.B) {
	people := synthetic.New(9).People(100_000)
	l := build(b, newKey(b), "crm", customer, rows(people))
	var dense, other bytes.Buffer
	for i, p := range synthetic.New(10).People(20_000) {
		fmt.Fprintf(&other, "%s,%s,%s\n", p.Name, p.Mobile, p.Email)
		fmt.Fprintf(&dense, "%s,%s,%s\n", people[i].Name, people[i].Mobile, people[i].Email)
	}
	prose := prose(b)
	for _, test := range []struct {
		name string
		text []byte
	}{{"prose", prose}, {"other people", other.Bytes()}, {"people on the list", dense.Bytes()}} {
		b.Run(test.name, func(b *testing.B) {
			m, err := NewMatcher([]*List{l})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(test.text)))
			for b.Loop() {
				m.Reset()
				m.Begin()
				for rest := test.text; len(rest) > 0; {
					k := min(len(rest), 64<<10)
					m.Write(rest[:k])
					rest = rest[k:]
				}
				m.Close()
			}
		})
	}
}

// prose is the source of this package, many times.
func prose(b *testing.B) []byte {
	files, err := filepath.Glob("*.go")
	if err != nil {
		b.Fatal(err)
	}
	var all []byte
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, text...)
	}
	return bytes.Repeat(all, 20)
}

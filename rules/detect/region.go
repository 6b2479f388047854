package detect

import (
	_ "embed"
	"slices"
	"strings"
)

// regions.txt lists the codes of GB/T 2260 with their names, one a line, today's
// and abolished ones: province (2 digits), prefecture (4), county (6).
//
//go:embed regions.txt
var regionText string

// regions knows the administrative divisions of the People's Republic.
type regions struct {
	name     map[uint32]string // code with its digits as written: 11, 1101, 110101
	known    []uint64          // bit set over county codes
	province [100]bool
	starts   map[string][]string // names of provinces and prefectures by their first two characters
	slots    [startSlots]startSlot
}

func newRegions() *regions {
	r := &regions{
		name: map[uint32]string{}, known: make([]uint64, 1_000_000/64+1),
		starts: map[string][]string{},
	}
	seen := map[string]bool{}
	start := func(name string) {
		if name == "" || seen[name] || len(name) < 6 {
			return
		}
		seen[name] = true
		r.starts[name[:6]] = append(r.starts[name[:6]], name)
	}
	for line := range strings.Lines(regionText) {
		line = strings.TrimSpace(line)
		n := len(line) - len(strings.TrimLeft(line, "0123456789"))
		var code uint32
		for _, c := range line[:n] {
			code = code*10 + uint32(c-'0')
		}
		name := line[n:]
		r.name[code] = name
		switch n {
		case 2:
			r.province[code] = true
			start(name)
			start(shortName(name))
		case 4:
			if name != "市辖区" && name != "县" && name != "省直辖县级行政区划" && name != "自治区直辖县级行政区划" {
				start(name)
				start(shortName(name))
			}
		case 6:
			r.known[code/64] |= 1 << (code % 64)
			if strings.HasSuffix(name, "市") {
				start(name)
			}
		}
	}
	r.index()
	return r
}

// shortName is how people write a region: 广西壮族自治区 as 广西, 深圳市 as 深圳.
func shortName(name string) string {
	for _, s := range []string{"特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市", "地区", "盟"} {
		if short, ok := strings.CutSuffix(name, s); ok && len(short) >= 6 {
			return short
		}
	}
	return ""
}

// has tells whether a county code is or was in use.
func (r *regions) has(code uint32) bool {
	return code < 1_000_000 && r.known[code/64]&(1<<(code%64)) != 0
}

// title names a code from province to county, as far as it is known.
func (r *regions) title(code uint32) string {
	p, c, d := r.name[code/10000], r.name[code/100], r.name[code]
	if c == "市辖区" || c == "县" || strings.Contains(c, "直辖县级") {
		c = ""
	}
	return p + c + d
}

// startSlots is a power of two well above the number of starts.
const startSlots = 2048

// startSlot holds the names that begin with two characters, the longest first.
type startSlot struct {
	key   uint64
	names []string
}

func startKey(p []byte) uint64 {
	_ = p[5]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 | uint64(p[4])<<32 | uint64(p[5])<<40
}

func startIndex(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> 53 }

func (r *regions) index() {
	for start, names := range r.starts {
		slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
		key := startKey([]byte(start))
		i := startIndex(key)
		for r.slots[i].key != 0 {
			i = (i + 1) % startSlots
		}
		r.slots[i] = startSlot{key, names}
	}
}

// place answers the length of the province or prefecture name that p starts
// with, the longest there is; 0 when none.
func (r *regions) place(p []byte) int {
	if len(p) < 6 {
		return 0
	}
	key := startKey(p)
	for i := startIndex(key); r.slots[i].key != 0; i = (i + 1) % startSlots {
		if r.slots[i].key != key {
			continue
		}
		for _, name := range r.slots[i].names {
			if len(p) >= len(name) && string(p[:len(name)]) == name {
				return len(name)
			}
		}
		return 0
	}
	return 0
}

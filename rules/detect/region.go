package detect

import (
	_ "embed"
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
	starts   map[string][]string // names of provinces and prefectures by their first character
	county   map[string]bool     // names of counties
}

func newRegions() *regions {
	r := &regions{
		name: map[uint32]string{}, known: make([]uint64, 1_000_000/64+1),
		starts: map[string][]string{}, county: map[string]bool{},
	}
	seen := map[string]bool{}
	start := func(name string) {
		if name == "" || seen[name] || len(name) < 6 {
			return
		}
		seen[name] = true
		r.starts[name[:3]] = append(r.starts[name[:3]], name)
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
			r.county[name] = true
			if strings.HasSuffix(name, "市") {
				start(name)
			}
		}
	}
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

// place answers the length of the province or prefecture name that p starts
// with, the longest there is; 0 when none.
func (r *regions) place(p []byte) int {
	if len(p) < 6 {
		return 0
	}
	best := 0
	for _, name := range r.starts[string(p[:3])] {
		if len(name) > best && len(p) >= len(name) && string(p[:len(name)]) == name {
			best = len(name)
		}
	}
	return best
}

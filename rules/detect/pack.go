package detect

import (
	"crypto/rand"
	"strings"
	"time"
)

// Pack is a set of detectors with their tables. It is immutable and may serve
// any number of scanners at once; making one costs a few milliseconds.
type Pack struct {
	hash         hasher
	year         int // in which nobody has been born yet who could stand in a document
	han          *han
	levels       *levels
	names        *names
	labels       *labels
	regions      *regions
	areas        [100]uint16
	testCards    map[uint64]bool
	testBloom    [64]uint64 // a bit for the remainder of each, to save looking them up
	topDomains   map[string]bool
	roleAccounts map[string]bool
	streets      map[string]bool
}

// DefaultPack answers all detectors of this package under a key of its own,
// drawn at random: hashes of two packs cannot be compared.
func DefaultPack() *Pack {
	var k Key
	rand.Read(k[:])
	return NewPack(k)
}

// NewPack answers all detectors of this package. Packs of one key hash one
// value alike.
func NewPack(k Key) *Pack {
	h := &han{}
	p := &Pack{
		hash: newHasher(k), year: time.Now().Year(), han: h, levels: newLevels(), names: newNames(h), labels: newLabels(h), regions: newRegions(),
		testCards: map[uint64]bool{}, topDomains: wordSet(topDomains), roleAccounts: wordSet(roleAccounts), streets: wordSet(streetWords),
	}
	for start := range p.regions.starts {
		h.mark(start[:3], regionFlag)
	}
	for prefix, fourth := range areaCodes {
		i := digit(prefix[1])*10 + digit(prefix[2])
		if fourth == "*" {
			p.areas[i] = allTrunks
			continue
		}
		for _, c := range fourth {
			p.areas[i] |= 1 << (c - '0')
		}
	}
	for _, c := range testCards {
		n := number([]byte(c))
		p.testCards[n] = true
		p.testBloom[n%4096/64] |= 1 << (n % 64)
	}
	return p
}

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

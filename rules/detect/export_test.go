package detect

import "github.com/trustline/trustline/rules/detect/sieve"

// NewPortableScanner answers a Scanner that marks anchors without vectors.
func NewPortableScanner(p *Pack, l Limits) *Scanner {
	s := NewScanner(p, l)
	s.sift = sieve.Portable
	return s
}

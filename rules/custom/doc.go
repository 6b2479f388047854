// Package custom finds the data a company describes itself: words of its own
// dictionaries (project names, products, its important customers) and codes of
// its own forms (contract numbers, policy numbers), beside the classes package
// detect knows.
//
//	set, err := custom.Compile([]custom.Detector{
//		{Class: "project", Words: []string{"凤凰", "Blue Falcon"}},
//		{Class: "contract", Pattern: `HT-\d{8}`, Anchors: []string{"HT-"}, Near: []string{"合同"}},
//	})
//	m := set.NewMatcher()
//	m.Begin("")
//	m.Write(text) // UTF-8, cut anywhere
//	found := m.Close()
//
// All words, anchors and context words are looked for in one pass over the
// text, at a cost that hardly depends on how many there are; a pattern is tried
// only around its anchors. Capitals and full-width letters, digits and signs are
// the same as their usual forms everywhere; patterns see half-width text.
//
// What is found depends on the text alone, however it is cut into writes. A
// word or a match is found within one line (or cell), and never as a part of a
// longer word or number of Latin letters and digits. Lines of more than 32 KiB
// are looked at in pieces that overlap by 512 bytes.
//
// The package knows no files, no formats and no policy, and keeps no text
// beyond a bounded window and the masked excerpt of a finding. It counts no
// people: that is for package detect.
package custom

package rules

import "github.com/trustline/trustline/rules/extract"

// Bounds on the archives and documents that stand encoded in one content. They
// are held in memory until it has ended.
const (
	filesBytes  = 16 << 20 // of all of them
	filesMost   = 64
	filesLayers = 2 // one within another
)

// file is an archive or a document that stood encoded in a text.
type file struct {
	place   string
	content []byte
}

// files are those met and not looked at yet.
type files struct {
	met    []*file
	bytes  int
	count  int
	reason extract.Reason // why something of them is not there
}

func (f *files) reset() { *f = files{} }

// begin takes one more. What goes beyond the bounds is left out, and said.
func (f *files) begin(place string) *file {
	one := &file{place: place}
	if f.count++; f.count > filesMost {
		f.reason = extract.Worse(f.reason, extract.TooLarge)
		return one
	}
	f.met = append(f.met, one)
	return one
}

func (f *files) write(one *file, p []byte) {
	if f.count > filesMost || f.bytes+len(p) > filesBytes {
		f.reason = extract.Worse(f.reason, extract.TooLarge)
		return
	}
	f.bytes += len(p)
	one.content = append(one.content, p...)
}

// take answers those met since.
func (f *files) take() []*file {
	met := f.met
	f.met = nil
	return met
}

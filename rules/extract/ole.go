package extract

import (
	"errors"
	"io"
	"strings"

	"github.com/richardlehane/mscfb"
)

// compound is a compound file, [MS-CFB]: the office formats of before 2007,
// messages, and encrypted documents of today.
type compound struct {
	w        *walker
	location string
	depth    int
	files    []*mscfb.File
	streams  map[string]*mscfb.File // by path, in small letters: names of any case are the same
	taken    map[string]bool        // streams that need no further look
}

// ole reads a compound file.
func (w *walker) ole(location string, at io.ReaderAt, size int64, depth int) string {
	mt := "application/x-ole-storage"
	whole := func() io.Reader { return io.NewSectionReader(at, 0, size) }
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		w.runs(location, whole())
		return mt
	}
	doc, err := mscfb.New(io.NewSectionReader(at, 0, size))
	if err != nil {
		w.note(compoundError(err))
		w.runs(location, whole())
		return mt
	}
	c := &compound{w: w, location: location, depth: depth, files: doc.File, streams: map[string]*mscfb.File{}, taken: map[string]bool{}}
	for _, f := range doc.File {
		if name := pathOf(f); c.streams[strings.ToLower(name)] == nil {
			c.streams[strings.ToLower(name)] = f
		}
	}
	known := w.reason
	mt = c.main()
	if w.reason != known && w.reason != Encrypted {
		w.runs(location, whole()) // what the reader of the format could not make sense of
	}
	for _, f := range doc.File {
		name := pathOf(f)
		if f.Size <= 0 || c.taken[name] {
			continue
		}
		if !w.admit() {
			break
		}
		w.stream(join(location, msgNames.Replace(strings.Trim(name, "\x01\x02\x03\x05\x06"))), c.content(f), f.Size, depth+1)
	}
	return mt
}

func pathOf(f *mscfb.File) string {
	return strings.Join(append(append([]string{}, f.Path...), f.Name), "/")
}

// has tells whether there is a stream of a name.
func (c *compound) has(name string) bool { return c.streams[strings.ToLower(name)] != nil }

// main reads the stream the document is in and answers the media type.
func (c *compound) main() string {
	switch {
	case c.has("EncryptedPackage") || c.has("EncryptionInfo"):
		c.taken["EncryptedPackage"], c.taken["EncryptionInfo"] = true, true
		c.w.note(problem{Encrypted})
		return "application/x-ole-storage"
	case c.has("Workbook"):
		c.workbook("Workbook")
		return "application/vnd.ms-excel"
	case c.has("Book"):
		c.workbook("Book")
		return "application/vnd.ms-excel"
	case c.has("WordDocument"):
		c.wordDocument()
		return "application/msword"
	case c.has(pptStream), c.has(pptDual + pptStream):
		c.presentation()
		return "application/vnd.ms-powerpoint"
	case c.has("__properties_version1.0"):
		c.outlook().message("", c.location, c.depth)
		return "application/vnd.ms-outlook"
	}
	return "application/x-ole-storage"
}

// content reads a stream within the limits.
func (c *compound) content(f *mscfb.File) io.Reader {
	return &expanding{w: c.w, r: f, packed: func() int64 { return f.Size }}
}

// whole reads a stream into memory; nil when there is none.
func (c *compound) whole(name string) []byte {
	f := c.streams[strings.ToLower(name)]
	if f == nil {
		return nil
	}
	c.taken[pathOf(f)] = true
	p, err := c.w.hold(c.content(f))
	c.w.note(err)
	if err == nil && int64(len(p)) < f.Size {
		c.w.note(problem{Truncated})
	}
	return p
}

func compoundError(err error) error {
	var failed readError
	var known problem
	if errors.As(err, &failed) || errors.As(err, &known) {
		return err
	}
	return problem{Corrupt}
}

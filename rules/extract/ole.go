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
	streams  map[string]*mscfb.File // of the root storage
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
		if len(f.Path) == 0 {
			c.streams[f.Name] = f
		}
	}
	known := w.reason
	mt = c.main()
	if w.reason != known && w.reason != Encrypted {
		w.runs(location, whole()) // what the reader of the format could not make sense of
	}
	for _, f := range doc.File {
		name := strings.Join(append(append([]string{}, f.Path...), f.Name), "/")
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

// main reads the stream the document is in and answers the media type.
func (c *compound) main() string {
	switch {
	case c.streams["EncryptedPackage"] != nil || c.streams["EncryptionInfo"] != nil:
		c.taken["EncryptedPackage"], c.taken["EncryptionInfo"] = true, true
		c.w.note(problem{Encrypted})
		return "application/x-ole-storage"
	case c.streams["Workbook"] != nil:
		c.workbook("Workbook")
		return "application/vnd.ms-excel"
	case c.streams["Book"] != nil:
		c.workbook("Book")
		return "application/vnd.ms-excel"
	case c.streams["WordDocument"] != nil:
		c.wordDocument()
		return "application/msword"
	case c.streams["PowerPoint Document"] != nil:
		c.presentation()
		return "application/vnd.ms-powerpoint"
	case c.streams["__properties_version1.0"] != nil:
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
	f := c.streams[name]
	if f == nil {
		return nil
	}
	c.taken[name] = true
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

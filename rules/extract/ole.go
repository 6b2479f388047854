package extract

import (
	"errors"
	"io"

	"github.com/richardlehane/mscfb"
)

// ole reads a compound file, [MS-CFB]: an encrypted office document, or one of
// the binary formats before it.
func (w *walker) ole(location string, at io.ReaderAt, size int64, depth int) string {
	mt := "application/x-ole-storage"
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		w.runs(location, io.NewSectionReader(at, 0, size))
		return mt
	}
	doc, err := mscfb.New(io.NewSectionReader(at, 0, size))
	if err != nil {
		w.note(compoundError(err))
		w.runs(location, io.NewSectionReader(at, 0, size))
		return mt
	}
	seen := map[string]bool{}
	for e, err := doc.Next(); err == nil; e, err = doc.Next() {
		seen[e.Name] = true
	}
	switch {
	case seen["EncryptedPackage"] || seen["EncryptionInfo"]:
		w.note(problem{Encrypted})
	case seen["WordDocument"], seen["Workbook"], seen["Book"], seen["PowerPoint Document"]:
		mt = mediaTypeOf(seen)
		w.note(problem{Unsupported})
	}
	w.runs(location, io.NewSectionReader(at, 0, size))
	return mt
}

func compoundError(err error) error {
	var failed readError
	if errors.As(err, &failed) {
		return err
	}
	return problem{Corrupt}
}

func mediaTypeOf(seen map[string]bool) string {
	switch {
	case seen["WordDocument"]:
		return "application/msword"
	case seen["PowerPoint Document"]:
		return "application/vnd.ms-powerpoint"
	}
	return "application/vnd.ms-excel"
}

package extract

import (
	"errors"
	"hash/crc32"
	"io"
	"strings"

	"github.com/bodgit/sevenzip"
	"github.com/nwaples/rardecode/v2"
)

// sevenZip reads an archive of 7-Zip.
func (w *walker) sevenZip(location string, at io.ReaderAt, size int64, depth int) {
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		return
	}
	z, err := sevenzip.NewReader(at, size)
	if err != nil {
		w.note(sevenZipError(err))
		return
	}
	names := names{w: w, location: location}
	defer names.flush()
	for _, f := range z.File {
		if !w.admit() {
			return
		}
		name := strings.ToValidUTF8(f.Name, "\uFFFD")
		names.add(name)
		if f.FileInfo().IsDir() || f.UncompressedSize == 0 {
			continue
		}
		r, err := f.Open()
		if err != nil {
			w.note(sevenZipError(err))
			continue
		}
		content := &foreign{r: r, class: sevenZipError}
		w.stream(join(location, name), &expanding{w: w, r: content, packed: func() int64 { return size }}, int64(min(f.UncompressedSize, 1<<62)), depth+1)
		if content.ended && f.CRC32 != 0 && content.crc != f.CRC32 {
			// Damage shows while unpacking. What unpacks and still is wrong was
			// stored as it is, under a password.
			w.note(problem{Encrypted})
		}
		w.note(sevenZipError(r.Close()))
	}
}

func sevenZipError(err error) error {
	var read *sevenzip.ReadError
	if errors.As(err, &read) && read.Encrypted {
		return problem{Encrypted}
	}
	err = lzmaError(err)
	if err != nil && strings.Contains(err.Error(), "unsupported compression algorithm") { // its error has no name
		return problem{Unsupported}
	}
	return err
}

// rarWindow bounds the dictionary a rar archive may ask for.
const rarWindow = 64 << 20

// rar reads an archive of WinRAR, of one volume.
func (w *walker) rar(location string, at io.ReaderAt, size int64, depth int) {
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		return
	}
	r, err := rardecode.NewReader(io.NewSectionReader(at, 0, size), rardecode.MaxDictionarySize(rarWindow))
	if err != nil {
		w.brokenRar(location, at, size, err)
		return
	}
	names := names{w: w, location: location}
	defer names.flush()
	for w.admit() {
		h, err := r.Next()
		if err != nil {
			w.brokenRar(location, at, size, err)
			return
		}
		name := decodeString([]byte(h.Name))
		names.add(name)
		if h.LinkTarget != "" {
			names.add(decodeString([]byte(h.LinkTarget)))
		}
		if h.IsDir || h.LinkType != rardecode.LinkTypeNone { // a link has no content of its own
			continue
		}
		if h.Encrypted {
			w.note(problem{Encrypted})
			continue
		}
		content := &foreign{r: r, class: rarError}
		w.stream(join(location, name), &expanding{w: w, r: content, packed: func() int64 { return max(1, h.PackedSize) }}, h.UnPackedSize, depth+1)
	}
}

// brokenRar takes the end of an archive; where it is none, text may stand as it
// is: in a later volume, say.
func (w *walker) brokenRar(location string, at io.ReaderAt, size int64, err error) {
	err = rarError(err)
	w.note(err)
	if reasonOf(err) == Corrupt || reasonOf(err) == Truncated {
		w.runs(location, io.NewSectionReader(at, 0, size))
	}
}

func rarError(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted), errors.Is(err, rardecode.ErrBadPassword):
		return problem{Encrypted}
	case errors.Is(err, rardecode.ErrMultiVolume):
		return problem{Truncated}
	case errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return problem{TooLarge}
	}
	return err
}

// foreign puts the errors of a library in our words.
type foreign struct {
	r     io.Reader
	class func(error) error
	crc   uint32
	ended bool
}

func (f *foreign) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	f.crc = crc32.Update(f.crc, crc32.IEEETable, p[:n])
	f.ended = f.ended || err == io.EOF
	if err != nil && err != io.EOF {
		err = f.class(err)
	}
	return n, err
}

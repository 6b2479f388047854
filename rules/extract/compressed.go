package extract

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// windowLimit bounds the dictionary a compressed stream may ask for.
const windowLimit = 64 << 20

// compressed reads a stream that holds one file, or a tar of many.
func (w *walker) compressed(k kind, location string, r io.Reader, depth int) {
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		w.runs(location, r)
		return
	}
	in := &counting{r: r}
	packed := bufio.NewReader(in)
	plain, done, err := decompress(k, packed)
	if err != nil {
		w.note(err)
		return
	}
	defer done()
	w.stream(location, &expanding{w: w, r: plain, packed: func() int64 { return in.n }}, -1, depth+1)
	// The end of lzma is known only to itself: what follows is no part of it.
	if k == lzmaKind && w.reason == "" {
		if _, err := packed.Peek(1); err == nil {
			w.note(problem{Corrupt})
			w.runs(location, packed)
		}
	}
}

func decompress(k kind, r io.Reader) (io.Reader, func(), error) {
	nothing := func() {}
	switch k {
	case gzipKind:
		z, err := gzip.NewReader(bufio.NewReader(r))
		return z, nothing, err
	case bzip2Kind:
		return bzip2.NewReader(bufio.NewReader(r)), nothing, nil
	case xzKind:
		z, err := xz.ReaderConfig{DictCap: windowLimit}.NewReader(bufio.NewReader(r))
		return z, nothing, err
	case lzmaKind:
		z, err := lzma.ReaderConfig{DictCap: windowLimit}.NewReader(bufio.NewReader(r))
		return z, nothing, lzmaError(err)
	case lz4Kind:
		return lz4.NewReader(bufio.NewReader(r)), nothing, nil
	default:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(windowLimit), zstd.WithDecoderMaxWindow(windowLimit))
		if err != nil {
			return nil, nothing, err
		}
		return z, z.Close, nil
	}
}

// lzmaError tells a dictionary larger than allowed from damage.
func lzmaError(err error) error {
	var dictionary *lzma.ErrDictSize
	if errors.As(err, &dictionary) {
		return problem{TooLarge}
	}
	return err
}

// tar reads an archive of members one after the other.
func (w *walker) tar(location string, r io.Reader, depth int) {
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		w.runs(location, r)
		return
	}
	t := tar.NewReader(r)
	names := names{w: w, location: location}
	for {
		h, err := t.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				w.note(err)
			}
			break
		}
		if !w.admit() {
			break
		}
		name := decodeString([]byte(h.Name))
		names.add(name)
		if h.Typeflag == tar.TypeReg {
			w.stream(join(location, name), &expanding{w: w, r: t, packed: func() int64 { return 1 << 62 }}, h.Size, depth+1)
		}
	}
	names.flush()
	w.runs(location, r) // what stands behind the end, if anything
}

// admit counts a member in; false when there were too many or it is over.
func (w *walker) admit() bool {
	if w.members <= 0 {
		w.note(problem{TooLarge})
		return false
	}
	if w.over() {
		w.note(w.limit())
		return false
	}
	w.members--
	return true
}

// names collects the names of members to give them as text, a line each and
// without their extensions: they may say as much as content.
type names struct {
	w        *walker
	location string
	text     []byte
}

func (n *names) add(name string) {
	n.text = append(append(n.text, strings.TrimSuffix(name, path.Ext(name))...), '\n')
	if len(n.text) > blockSize {
		n.flush()
	}
}

func (n *names) flush() {
	if len(n.text) > 0 {
		n.w.sink.Begin(n.location)
		n.w.sink.Write(n.text)
		n.text = n.text[:0]
	}
}

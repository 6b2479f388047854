// Package destroy takes a file off the disk for good, if it is still the one
// that was meant: its content has the SHA-256 it was told by, it has no second
// name, and no link stands in its place or on the way to it. It is moved aside
// under a name of ours first and looked at once more, so that nobody can put
// another file under the one that is destroyed.
//
// The content is overwritten before the name goes. On disks that write
// elsewhere than where they read (SSDs, copy-on-write file systems, snapshots,
// backups) older copies of it can outlive that: encrypt disks.
package destroy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Why a file stays.
var (
	ErrGone    = errors.New("there is nothing at the path")
	ErrChanged = errors.New("the content is another one")
	ErrLinked  = errors.New("the file has a second name")
	ErrNotFile = errors.New("a link or something other than a file stands there, or on the way")
	// ErrHalf: part of the content is overwritten, and what stands there now is
	// not the file that was begun with.
	ErrHalf = errors.New("it was begun and cannot be finished")
)

// Order says which file is meant.
type Order struct {
	Path   string // absolute
	SHA256 string // of the content, in hex
	Tag    string // names the order in the name the file is moved to; nobody can guess it
	// Moved is told, before anything is overwritten, which file was moved
	// aside; an error puts it back.
	Moved func(mark string) error
}

func (o Order) aside() string { return ".trustline-" + o.Tag }

// Do destroys the file and answers how many bytes it had.
func Do(ctx context.Context, o Order) (bytes int64, err error) {
	if !filepath.IsAbs(o.Path) || filepath.Clean(o.Path) != o.Path {
		return 0, ErrNotFile
	}
	dir, err := openFolder(filepath.Dir(o.Path))
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	name := filepath.Base(o.Path)
	if err := dir.holds(ctx, name, o.SHA256); err != nil {
		return 0, err
	}
	if err := dir.move(name, o.aside()); err != nil {
		return 0, fmt.Errorf("move the file aside: %w", err)
	}
	return dir.wipe(ctx, o)
}

// Resume goes on with what a crash has interrupted: moved is the mark that
// Moved was told, "" where it was not.
func Resume(ctx context.Context, o Order, moved string) (bytes int64, err error) {
	dir, err := openFolder(filepath.Dir(o.Path))
	if moved != "" && errors.Is(err, ErrGone) {
		return 0, nil // the folder as well
	}
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	f, err := dir.file(o.aside())
	switch {
	case errors.Is(err, ErrGone) && moved == "":
		return Do(ctx, o)
	case errors.Is(err, ErrGone):
		return 0, nil // the last that was to be done
	case err != nil:
		return 0, errors.Join(ErrHalf, err)
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	if moved == "" {
		return dir.wipe(ctx, o)
	}
	if markOf(info) != moved {
		return 0, ErrHalf
	}
	return dir.end(o)
}

// wipe looks once more at what was moved aside, and destroys it.
func (d *folder) wipe(ctx context.Context, o Order) (int64, error) {
	err := d.holds(ctx, o.aside(), o.SHA256)
	if err == nil && o.Moved != nil {
		var info fs.FileInfo
		if info, err = d.stat(o.aside()); err == nil {
			err = o.Moved(markOf(info))
		}
	}
	if err != nil {
		// Whatever it is that was moved, it belongs where it was.
		name := filepath.Base(o.Path)
		if back := d.back(o.aside(), name); back != nil {
			// Something has the name by now: then beside it.
			err = errors.Join(err, d.back(o.aside(), name+".kept"))
		}
		return 0, err
	}
	return d.end(o)
}

// end overwrites what was moved aside and takes its name away.
func (d *folder) end(o Order) (bytes int64, err error) {
	f, err := d.file(o.aside())
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err == nil {
		bytes = info.Size()
		_, err = io.CopyN(f, rand.Reader, bytes)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return bytes, fmt.Errorf("overwrite the file: %w", err)
	}
	if err := d.remove(o.aside()); err != nil {
		return bytes, fmt.Errorf("take the file's name away: %w", err)
	}
	return bytes, d.sync()
}

func (d *folder) stat(name string) (fs.FileInfo, error) {
	f, err := d.file(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	return info, errors.Join(err, f.Close())
}

// file opens a file to be written, as long as it is one and has one name.
func (d *folder) file(name string) (*os.File, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = ErrNotFile
	case linked(f, info):
		err = ErrLinked
	default:
		return f, nil
	}
	return nil, errors.Join(err, f.Close())
}

// holds answers nil where a file has this content.
func (d *folder) holds(ctx context.Context, name, sum string) error {
	f, err := d.file(name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, untilDone{ctx, f}); err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	if hex.EncodeToString(h.Sum(nil)) != sum {
		return ErrChanged
	}
	return nil
}

// untilDone reads until the context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

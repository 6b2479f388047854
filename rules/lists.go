package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/similar"
)

// Lists are a company's lists on one machine. They need not be closed: they
// are unmapped when nothing uses them any more.
type Lists struct {
	exact   []*exact.List
	similar []*similar.Index
}

const (
	listSuffix = ".list"
	keySuffix  = ".key"
	seenFile   = "seen.json"
	maxListDir = 100     // files looked at
	maxKeySize = 4 << 10 // bytes
)

// OpenLists opens all lists (*.list) of a folder with the keys (*.key) in it.
// The highest serial of every list ever opened is kept in the folder, and
// older ones are refused. The error joins what is wrong with single files; the
// Lists answered beside it hold the others. A folder that is not there holds
// none.
func OpenLists(ctx context.Context, dir string, delivered ...Delivered) (*Lists, error) {
	return openLists(ctx, dir, delivered, true)
}

// Delivered is a list that came another way than into the folder, and goes
// before one of its name there.
type Delivered struct {
	Path string
	Key  *listfile.Key // that opens it
}

// CheckLists does what OpenLists does, and leaves the folder as it is.
func CheckLists(ctx context.Context, dir string) (*Lists, error) {
	return openLists(ctx, dir, nil, false)
}

func openLists(ctx context.Context, dir string, delivered []Delivered, notes bool) (*Lists, error) {
	l := &Lists{}
	if len(delivered) > 0 {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return l, fmt.Errorf("open lists: %w", withoutPath(err))
		}
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("open lists: %w", withoutPath(err))
	}
	if len(entries) > maxListDir {
		return l, fmt.Errorf("open lists: more than %d files in the folder", maxListDir)
	}
	keys, err := readKeys(dir, entries)
	errs := []error{err}
	seen, err := readSeen(dir)
	errs = append(errs, err)
	changed := false
	for _, d := range delivered {
		newer, err := l.open(ctx, d.Path, listfile.Ring{d.Key}, seen)
		if err != nil {
			errs = append(errs, fmt.Errorf("a list of the console's: %w", err))
		}
		changed = changed || newer
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), listSuffix) || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		newer, err := l.open(ctx, filepath.Join(dir, e.Name()), keys, seen)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.Name(), err))
		}
		changed = changed || newer
	}
	if changed && notes {
		errs = append(errs, writeSeen(dir, seen))
	}
	return l, errors.Join(errs...)
}

// open adds the list of a file and notes its serial.
func (l *Lists) open(ctx context.Context, path string, keys listfile.Ring, seen map[string]uint64) (newer bool, err error) {
	list, err := exact.Open(ctx, path, keys, 0)
	if err == nil {
		info := list.Info()
		if err := l.accept(exact.FileKind, info.Name, info.Serial, seen); err != nil {
			return false, errors.Join(err, list.Close())
		}
		if len(l.exact) == exact.MaxLists {
			return false, errors.Join(errors.New("more lists than are matched at once"), list.Close())
		}
		l.exact = append(l.exact, list)
		return note(seen, exact.FileKind, info.Name, info.Serial), nil
	}
	if !errors.Is(err, listfile.ErrOtherKind) {
		return false, err
	}
	index, err := similar.Open(ctx, path, keys, 0)
	if err != nil {
		return false, err
	}
	info := index.Info()
	if err := l.accept(similar.FileKind, info.Name, info.Serial, seen); err != nil {
		return false, errors.Join(err, index.Close())
	}
	l.similar = append(l.similar, index)
	return note(seen, similar.FileKind, info.Name, info.Serial), nil
}

// ListInfo says which list a file is.
type ListInfo struct {
	Kind, Name string
	Serial     uint64
}

// CheckList checks a file of either kind whole, and says which list it is.
func CheckList(ctx context.Context, path string, keys listfile.Ring) (ListInfo, error) {
	list, err := exact.Open(ctx, path, keys, 0)
	if err == nil {
		info := list.Info()
		return ListInfo{exact.FileKind, info.Name, info.Serial}, list.Close()
	}
	if !errors.Is(err, listfile.ErrOtherKind) {
		return ListInfo{}, err
	}
	index, err := similar.Open(ctx, path, keys, 0)
	if err != nil {
		return ListInfo{}, err
	}
	info := index.Info()
	return ListInfo{similar.FileKind, info.Name, info.Serial}, index.Close()
}

// accept refuses a list that is older than one seen, and a second one of its
// name.
func (l *Lists) accept(kind, name string, serial uint64, seen map[string]uint64) error {
	if serial < seen[kind+"/"+name] {
		return listfile.ErrReplayed
	}
	if slices.Contains(l.names(kind), name) {
		return fmt.Errorf("another file holds a list called %s as well: remove one", name)
	}
	return nil
}

func note(seen map[string]uint64, kind, name string, serial uint64) bool {
	newer := serial > seen[kind+"/"+name]
	seen[kind+"/"+name] = max(serial, seen[kind+"/"+name])
	return newer
}

// names answers the lists of a kind.
func (l *Lists) names(kind string) (names []string) {
	if l == nil {
		return nil
	}
	if kind == exact.FileKind {
		for _, one := range l.exact {
			names = append(names, one.Name())
		}
		return names
	}
	for _, one := range l.similar {
		names = append(names, one.Name())
	}
	return names
}

// matcher answers one for all lists, nil when there are none.
func (l *Lists) matcher() *knownMatcher {
	if l == nil || len(l.exact)+len(l.similar) == 0 {
		return nil
	}
	people, err := exact.NewMatcher(l.exact)
	if err != nil {
		return nil // cannot be: OpenLists opens no more than fit
	}
	documents, err := similar.NewMatcher(l.similar)
	if err != nil {
		return nil // cannot be: the key was derived from when building
	}
	return &knownMatcher{exact: people, similar: documents}
}

// Exact answers what the lists of people are.
func (l *Lists) Exact() (infos []exact.Info) {
	for _, one := range l.exact {
		infos = append(infos, one.Info())
	}
	return infos
}

// Similar answers what the sets of documents are.
func (l *Lists) Similar() (infos []similar.Info) {
	for _, one := range l.similar {
		infos = append(infos, one.Info())
	}
	return infos
}

func readKeys(dir string, entries []os.DirEntry) (keys listfile.Ring, err error) {
	var errs []error
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), keySuffix) {
			continue
		}
		key, err := readKey(filepath.Join(dir, e.Name()))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.Name(), err))
			continue
		}
		keys = append(keys, key.Endpoint())
	}
	return keys, errors.Join(errs...)
}

func readKey(path string) (*listfile.Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeySize {
		return nil, listfile.ErrKey
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	return listfile.ParseKey(text)
}

// readSeen answers the serials seen, by kind and name. A file that cannot be
// read is an error, and nothing was seen.
func readSeen(dir string) (map[string]uint64, error) {
	seen := map[string]uint64{}
	data, err := os.ReadFile(filepath.Join(dir, seenFile))
	if errors.Is(err, os.ErrNotExist) {
		return seen, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &seen)
	}
	if err != nil {
		return map[string]uint64{}, fmt.Errorf("%s: which lists were seen is not known: %w", seenFile, withoutPath(err))
	}
	return seen, nil
}

func writeSeen(dir string, seen map[string]uint64) error {
	data, err := json.Marshal(seen)
	if err != nil {
		return fmt.Errorf("note the lists seen: %w", err)
	}
	temp, err := os.CreateTemp(dir, ".seen-*")
	if err != nil {
		return fmt.Errorf("note the lists seen: %w", withoutPath(err))
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), filepath.Join(dir, seenFile))
	}
	if err != nil {
		return fmt.Errorf("note the lists seen: %w", errors.Join(withoutPath(err), os.Remove(temp.Name())))
	}
	return nil
}

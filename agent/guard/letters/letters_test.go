package letters

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/trustline/trustline/agent/holdings"
)

const (
	volume = `\\?\Volume{0b1946c2-72f1-11f0-a7c2-806e6f6e6963}\`
	device = `\Device\HarddiskVolume7`
)

// table is the system's, of names and what they lead to.
type table struct {
	leads    map[string]string
	said     []string
	stubborn bool // removing changes nothing
	refuses  map[string]error
}

func plugged() *table {
	return &table{leads: map[string]string{"E:": device, volume: device}, refuses: map[string]error{}}
}

func (s *table) volume(letter string) (string, error) {
	if s.leads[letter] == "" {
		return "", fs.ErrNotExist
	}
	return volume, nil
}

func (s *table) device(name string) (string, error) {
	if to, ok := s.leads[name]; ok {
		return to, nil
	}
	return "", fs.ErrNotExist
}

func (s *table) did(what string) error {
	s.said = append(s.said, what)
	return s.refuses[what]
}

func (s *table) remove(letter, to string) error {
	if s.leads[letter] == to && !s.stubborn {
		delete(s.leads, letter)
	}
	return s.did("remove")
}

func (s *table) define(letter, to string) error {
	s.leads[letter] = to
	return s.did("define")
}

func (s *table) quiet(string) error { return s.did("quiet") }

func start(t *testing.T, s *table, file string) *Keeper {
	t.Helper()
	r, err := holdings.Read(file, record())
	if err != nil {
		t.Fatal(err)
	}
	return &Keeper{system: s, log: slog.New(slog.DiscardHandler), record: r}
}

func TestALetterIsTakenAndGivenBack(t *testing.T) {
	s, file := plugged(), filepath.Join(t.TempDir(), FileName)
	k := start(t, s, file)
	taken, err := k.Take("E:")
	if err != nil || taken != (Taken{"E:", volume, device}) || s.leads["E:"] != "" || k.Left() != 1 {
		t.Fatalf("%+v, %v, leads to %q, %d left", taken, err, s.leads["E:"], k.Left())
	}
	if !slices.Equal(s.said, []string{"quiet", "remove"}) {
		t.Errorf("did %q", s.said)
	}
	if err := k.GiveBack(taken); err != nil || s.leads["E:"] != device || k.Left() != 0 {
		t.Errorf("given back: %v, leads to %q", err, s.leads["E:"])
	}
	if start(t, s, file).Left() != 0 {
		t.Error("still written down")
	}
}

// Killed at any moment, the next run gives back what was taken, and nothing else.
func TestKilled(t *testing.T) {
	for name, meanwhile := range map[string]struct {
		happens func(*table)
		leads   string
		given   int
		fails   bool
	}{
		"nothing":                      {func(*table) {}, device, 1, false},
		"before it was taken":          {func(s *table) { s.leads["E:"] = device }, device, 0, false},
		"unplugged":                    {func(s *table) { delete(s.leads, volume) }, "", 0, false},
		"unplugged and in again":       {func(s *table) { s.leads["E:"], s.leads[volume] = `\Device\HarddiskVolume9`, `\Device\HarddiskVolume9` }, `\Device\HarddiskVolume9`, 0, false},
		"another volume has it by now": {func(s *table) { s.leads["E:"] = `\Device\HarddiskVolume8` }, `\Device\HarddiskVolume8`, 0, true},
	} {
		s, file := plugged(), filepath.Join(t.TempDir(), FileName)
		if _, err := start(t, s, file).Take("E:"); err != nil {
			t.Fatal(err)
		}
		meanwhile.happens(s)
		k := start(t, s, file)
		given, err := k.Recover()
		if given != meanwhile.given || (err != nil) != meanwhile.fails || s.leads["E:"] != meanwhile.leads || k.Left() != 0 {
			t.Errorf("%s: %d given back, %v, leads to %q, %d left", name, given, err, s.leads["E:"], k.Left())
		}
	}
}

// What the system refuses leaves the letter where it is.
func TestRefused(t *testing.T) {
	no := errors.New("refused")
	for _, what := range []string{"quiet", "remove", "stubborn"} {
		s, file := plugged(), filepath.Join(t.TempDir(), FileName)
		s.refuses[what], s.stubborn = no, what != "quiet"
		k := start(t, s, file)
		if _, err := k.Take("E:"); err == nil || s.leads["E:"] != device || k.Left() != 0 {
			t.Errorf("%s: %v, leads to %q, %d left", what, err, s.leads["E:"], k.Left())
		}
	}
	s := plugged()
	s.leads["E:"] = `\??\C:\folder` // subst
	if _, err := start(t, s, filepath.Join(t.TempDir(), FileName)).Take("E:"); err == nil || len(s.said) > 0 {
		t.Errorf("taken from a folder: %v", err)
	}
	s = plugged()
	if _, err := start(t, s, filepath.Join(t.TempDir(), "missing", FileName)).Take("E:"); err == nil || len(s.said) > 0 {
		t.Errorf("taken without being written down: %v, did %q", err, s.said)
	}
}

func TestDamagedRecord(t *testing.T) {
	for _, text := range []string{"{", `[{"letter":"E:","volume":"C:\\"}]`, `[{"letter":"pipe","volume":"x"}]`} {
		file := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := holdings.Read(file, record()); err == nil || len(r.All()) > 0 {
			t.Errorf("%s: %+v, %v", text, r.All(), err)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`[{"letter":"E:","volume":"\\\\?\\Volume{0b1946c2-72f1-11f0-a7c2-806e6f6e6963}\\","device":"x"}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := record().Parse(raw)
		for _, taken := range list {
			if err == nil && (!isVolume(taken.Volume) || len(taken.Letter) != 2) {
				t.Errorf("%q gives %+v", raw, taken)
			}
		}
	})
}

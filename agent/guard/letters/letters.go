// Package letters takes drive letters from the volumes that have them, so that a
// guard can stand there instead, and gives them back. Only the name in the
// system's table of devices is taken, which Windows makes anew whenever a volume
// is plugged in or the machine started: nothing of it lasts. Which letter was
// whose is written down before it is taken, for a run that finds it after a crash.
// It mounts nothing and decides nothing.
package letters

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"

	"github.com/trustline/trustline/agent/holdings"
)

// Taken is a letter that was taken from a volume.
type Taken struct {
	Letter string `json:"letter"` // `E:`
	Volume string `json:"volume"` // `\\?\Volume{…}\`, the same whenever it is plugged in here
	Device string `json:"device"` // `\Device\HarddiskVolume7`, as long as it is plugged in
}

// system is what is asked of Windows.
type system interface {
	// volume answers the volume that has a letter.
	volume(letter string) (string, error)
	// device answers what a letter or volume leads to, fs.ErrNotExist where it leads nowhere.
	device(name string) (string, error)
	remove(letter, device string) error
	define(letter, device string) error
	// quiet closes the files that are open on a volume and writes down what waits.
	quiet(letter string) error
}

// Keeper takes letters and gives them back. It is safe for concurrent use.
type Keeper struct {
	system system
	log    *slog.Logger

	mu     sync.Mutex
	record *holdings.Record[Taken]
}

// Take takes a letter away from its volume. Afterwards it leads nowhere.
func (k *Keeper) Take(letter string) (Taken, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := Taken{Letter: letter}
	var err error
	if t.Volume, err = k.system.volume(letter); err != nil {
		return t, fmt.Errorf("find the volume of %s: %w", letter, err)
	}
	if t.Device, err = k.system.device(letter); err != nil {
		return t, fmt.Errorf("find the device of %s: %w", letter, err)
	}
	if same, err := k.system.device(t.Volume); err != nil || same != t.Device {
		return t, fmt.Errorf("%s is not the letter of its volume: %w", letter, errors.Join(err, errors.ErrUnsupported))
	}
	if err := k.record.Add(t); err != nil {
		return t, err
	}
	if err := k.system.quiet(letter); err != nil {
		return t, errors.Join(fmt.Errorf("close what is open on %s: %w", letter, err), k.record.Drop(t))
	}
	if err := k.system.remove(letter, t.Device); err != nil {
		return t, errors.Join(fmt.Errorf("take the letter %s: %w", letter, err), k.record.Drop(t))
	}
	if now, err := k.system.device(letter); !errors.Is(err, fs.ErrNotExist) {
		return t, errors.Join(fmt.Errorf("take the letter %s: it leads to %s still", letter, now), err, k.giveBack(t))
	}
	return t, nil
}

// GiveBack gives a letter back to its volume if that is still there.
func (k *Keeper) GiveBack(t Taken) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.giveBack(t)
}

func (k *Keeper) giveBack(t Taken) error {
	device, err := k.system.device(t.Volume)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return k.record.Drop(t) // unplugged: Windows gives it a letter when it is back
	case err != nil:
		return fmt.Errorf("look for the volume that had %s: %w", t.Letter, err)
	}
	now, err := k.system.device(t.Letter)
	switch {
	case err == nil && now == device:
		return k.record.Drop(t)
	case err == nil:
		k.log.Warn("letter is another volume's by now", "drive", t.Letter)
		return errors.Join(fmt.Errorf("give %s back: it is taken (plug the drive in anew to have a letter for it)", t.Letter), k.record.Drop(t))
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look what %s is: %w", t.Letter, err)
	}
	if err := k.system.define(t.Letter, device); err != nil {
		return fmt.Errorf("give %s back: %w", t.Letter, err)
	}
	k.log.Info("letter is given back", "drive", t.Letter)
	return k.record.Drop(t)
}

// Recover gives back all that earlier runs have taken and not given back, and
// answers how many letters that were.
func (k *Keeper) Recover() (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	var errs []error
	for _, t := range k.record.All() {
		_, before := k.system.device(t.Letter)
		err := k.giveBack(t)
		if _, now := k.system.device(t.Letter); err == nil && before != nil && now == nil {
			n++
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// Left answers how many letters are away.
func (k *Keeper) Left() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.record.All())
}

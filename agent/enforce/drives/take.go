package drives

import (
	"errors"

	"github.com/trustline/trustline/agent/disk"
)

// take makes a disk read-only. That it is ours is written down first: whoever
// finds it after a crash knows whom it belongs to.
func (k *Keeper) take(d Disk) error {
	if err := k.ours.Add(d); err != nil {
		return err
	}
	err := k.change(d, true)
	if err == nil {
		k.log.Info("disk is read-only", "disk", d.Number)
		return nil
	}
	if is, asked := k.system.readOnly(d); asked == nil && !is {
		err = errors.Join(err, k.ours.Drop(d))
	}
	return err
}

// giveBack makes a disk writable again.
func (k *Keeper) giveBack(d Disk) error {
	if err := k.change(d, false); err != nil {
		return err
	}
	k.log.Info("disk is given back", "disk", d.Number)
	return k.ours.Drop(d)
}

// change sets the attribute of a disk and has its file systems notice. A drive
// with open files is taken off its file system all the same: what waited to be
// written was written, and what nobody may write to loses nothing. Whether it
// has come of it is for the caller to ask.
func (k *Keeper) change(d Disk, on bool) error {
	var held []volume
	defer func() {
		for _, v := range held {
			_ = v.Close() // nothing waits in it
		}
	}()
	for _, drive := range k.system.drives(d) {
		v, err := k.system.open(drive)
		if err != nil {
			k.log.Warn("drive cannot be held", "drive", drive, "error", err)
			continue
		}
		held = append(held, v)
		if err := disk.Lock(v, k.pause); err != nil {
			k.log.Info("drive is in use; files open on it are closed", "drive", drive, "reason", err)
			if err := v.Flush(); err != nil && on {
				k.log.Warn("what waited to be written may be lost", "drive", drive, "error", err)
			}
		}
	}
	if err := k.system.setReadOnly(d, on); err != nil {
		return err
	}
	for _, v := range held {
		if err := v.Dismount(); err != nil {
			k.log.Warn("drive does not notice yet", "error", err)
		}
	}
	return nil
}

package letters

import (
	"fmt"

	"github.com/trustline/trustline/agent/holdings"
)

// FileName is the record's, in the folder of the service's data.
const FileName = "letters.json"

const alphabet = 26

// record is of the letters that were taken. Whatever could lead elsewhere than to
// a drive is no record. Drives whose letters are forgotten have them again once
// they are plugged in anew.
func record() holdings.Kind[Taken] {
	return holdings.Kind[Taken]{
		What: "which letters were taken", Loss: "drives have them again once plugged in anew", Most: alphabet,
		Check: func(t Taken) error {
			if len(t.Letter) != 2 || t.Letter[0] < 'A' || t.Letter[0] > 'Z' || t.Letter[1] != ':' || !isVolume(t.Volume) {
				return fmt.Errorf("%q of %q is no letter of a volume", t.Letter, t.Volume)
			}
			return nil
		},
		Replaces: func(old, now Taken) bool { return old.Letter == now.Letter },
	}
}

const (
	volumeHead = `\\?\Volume{`
	volumeTail = `}\`
)

func isVolume(name string) bool {
	if len(name) != len(volumeHead)+36+len(volumeTail) || name[:len(volumeHead)] != volumeHead || name[len(volumeHead)+36:] != volumeTail {
		return false
	}
	for _, c := range name[len(volumeHead) : len(volumeHead)+36] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') && c != '-' {
			return false
		}
	}
	return true
}

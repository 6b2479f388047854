package repair

import (
	"log/slog"
	"path/filepath"

	"github.com/trustline/trustline/agent/guard/letters"
)

// takenLetters gives drives the letters back that a guard which is gone stood at.
func takenLetters(s Setup) (Outcome, int, error) {
	k, err := letters.New(filepath.Join(s.State, letters.FileName), slog.New(slog.DiscardHandler))
	if err != nil {
		return Failed, 0, err
	}
	return giveBack(away{k}, s.Enrolled)
}

// away are letters that a service has left without their drive.
type away struct{ *letters.Keeper }

func (a away) Stop() error {
	_, err := a.Recover()
	return err
}

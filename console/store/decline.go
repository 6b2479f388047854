package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// ActionAccept is the audit record's word for a machine that may do less than
// it did.
const ActionAccept = "machine-accepted"

// abilities is the most a machine has been known to be able to do.
type abilities struct {
	Version  string            `json:"version"`
	Channels map[string]string `json:"channels"` // prevented, undone, reported or none
}

// degrees of carrying a policy out, weakest first.
var degrees = []string{"none", "reported", "undone", "prevented"}

// with answers the better of what is known and what a heartbeat says.
func (a abilities) with(h incident.Heartbeat) abilities {
	best := abilities{Version: a.Version, Channels: map[string]string{}}
	if best.Version == "" || older(best.Version, h.Version) {
		best.Version = h.Version
	}
	for _, known := range []map[string]string{a.Channels, h.Capabilities} {
		for channel, degree := range known {
			if slices.Index(degrees, degree) > slices.Index(degrees, best.Channels[channel]) {
				best.Channels[channel] = degree
			}
		}
	}
	return best
}

// Declined is a way in which a machine can do less than it could: of a channel,
// or, where Channel is "", of the program's version.
type Declined struct {
	Channel string `json:"channel,omitempty"`
	Was     string `json:"was"`
	Is      string `json:"is"`
}

// declined answers in what a heartbeat falls behind. Agents that say nothing of
// a channel are of before that was told.
func (a abilities) declined(h incident.Heartbeat) (list []Declined) {
	if older(h.Version, a.Version) {
		list = append(list, Declined{"", a.Version, h.Version})
	}
	for channel, was := range a.Channels {
		is, told := h.Capabilities[channel]
		if told && slices.Index(degrees, is) < slices.Index(degrees, was) {
			list = append(list, Declined{channel, was, is})
		}
	}
	slices.SortFunc(list, func(a, b Declined) int { return cmp.Compare(a.Channel, b.Channel) })
	return list
}

// older compares the numbers of versions; what is not made of numbers is
// neither older nor younger.
func older(a, b string) bool {
	x, y := numbers(a), numbers(b)
	return x != nil && y != nil && slices.Compare(x, y) < 0
}

// numbers reads 1.2.3 and 1.2.3+5.gabc: three numbers and that of commits since.
func numbers(version string) []int {
	release, since, _ := strings.Cut(strings.TrimPrefix(version, "v"), "+")
	since, _, _ = strings.Cut(since, ".")
	parts := strings.Split(release, ".")
	if len(parts) != 3 {
		return nil
	}
	var list []int
	for _, part := range append(parts, cmp.Or(since, "0")) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		list = append(list, n)
	}
	return list
}

// remember keeps the most a machine could do.
func remember(ctx context.Context, tx *sql.Tx, h incident.Heartbeat) (string, error) {
	var raw string
	err := tx.QueryRowContext(ctx, "SELECT best FROM machines WHERE id = ?", h.Machine.ID).Scan(&raw)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	var known abilities
	if raw != "" {
		if err := json.Unmarshal([]byte(raw), &known); err != nil {
			return "", err
		}
	}
	best, err := json.Marshal(known.with(h))
	return string(best), err
}

// AcceptDecline makes what a machine can do now the measure, and records who
// said so. ErrNotFound: there is no such machine.
func (s *Store) AcceptDecline(ctx context.Context, by Account, machine string, now time.Time) error {
	var raw string
	err := s.read.QueryRowContext(ctx, "SELECT heartbeat FROM machines WHERE id = ?", machine).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	var h incident.Heartbeat
	if err == nil {
		err = json.Unmarshal([]byte(raw), &h)
	}
	var best []byte
	if err == nil {
		best, err = json.Marshal(abilities{}.with(h))
	}
	if err != nil {
		return fmt.Errorf("accept what a machine can do: %w", err)
	}
	return s.change(ctx, by, ActionAccept, machine, now, func(tx *sql.Tx) (sql.Result, error) {
		return tx.ExecContext(ctx, "UPDATE machines SET best = ? WHERE id = ?", string(best), machine)
	})
}

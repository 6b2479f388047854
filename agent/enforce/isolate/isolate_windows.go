package isolate

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"
)

// install makes a ruleset the one in force and answers whether anything had to
// be changed.
func install(r ruleset) (bool, error) {
	p, err := openPlatform(false)
	if err != nil {
		return false, err
	}
	defer p.close()
	return put(p, r)
}

// Remove takes our filters away, whoever made them, and answers whether there
// were any. It may be called by another program than the one that isolates, such
// as a repair or an uninstallation.
func Remove() (bool, error) {
	p, err := openPlatform(false)
	if errors.Is(err, errors.ErrUnsupported) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer p.close()
	was, err := take(p)
	if err == nil && was {
		// Nothing of it is in use any more, and it would go with the next start.
		_ = p.session.DeleteProvider(p.provider())
	}
	return was, err
}

// Read answers what is in force, as the system reports it. What was stopped is
// not counted here.
func Read() (Status, error) {
	p, err := openPlatform(false)
	if err != nil {
		return Status{}, err
	}
	defer p.close()
	return look(p)
}

// Try closes off addresses that nobody has (RFC 5737) for a moment, in a session
// that takes everything with it, and answers why that does not work here.
func Try() error {
	read, err := Plan{Mode: Internal, Internal: []string{"192.0.2.0/24"}}.read()
	if err != nil {
		return err
	}
	p, err := openPlatform(true)
	if err != nil {
		return err
	}
	defer p.close()
	_, err = put(p, read.build(func(string) []netip.Addr { return nil }))
	return err
}

// cut has nothing to do: the platform asks again about connections that exist
// with their next packet. One that is idle is not told until then.
func cut(ruleset) (int, error) { return 0, nil }

// lookedAfter is how often it is seen to that nobody has removed our filters; the
// library does not tell.
const lookedAfter = 10 * time.Second

func watchTable(ctx context.Context, changed func()) error {
	again := time.NewTicker(lookedAfter)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
			changed()
		}
	}
}

// watchAttempts waits: what is stopped is not told here.
func watchAttempts(ctx context.Context, _ *slog.Logger, _ func(Attempt)) error {
	<-ctx.Done()
	return nil
}

package clipboard

import (
	"context"
	"errors"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/text/encoding/charmap"
)

// How a transfer can end early.
var (
	errRefused  = errors.New("the owner does not offer this")
	errSecret   = errors.New("marked as a secret by the owner")
	errReplaced = errors.New("replaced meanwhile")
	errTimedOut = errors.New("the owner did not answer in time")
	errTooLarge = errors.New("larger than is read")
	errNothing  = errors.New("nothing is there")
)

// chunk is how much of a property is fetched at once, in units of four bytes.
const chunk = 64 << 10

// textTargets are the forms text comes in, the best first.
var textTargets = [...]string{"UTF8_STRING", "text/plain;charset=utf-8", "STRING", "TEXT", "text/plain", "text/html"}

// transfer is the reading of one copy.
type transfer struct {
	*xSession
	ctx   context.Context
	stamp xproto.Timestamp
	timer <-chan time.Time
}

// read asks the owner for what it offers and answers false when there is
// nothing to be said: replaced meanwhile, marked as a secret, or neither text
// nor files. An owner that does not hand over what it offers is an incomplete
// copy.
func (s *xSession) read(ctx context.Context, ev xfixes.SelectionNotifyEvent) (Copy, bool) {
	timer := time.NewTimer(readPatience)
	defer timer.Stop()
	c := Copy{
		Time: now(), Source: s.source(ev.Owner),
		mark: mark{owner: uint32(ev.Owner), stamp: uint32(ev.SelectionTimestamp)},
	}
	t := &transfer{xSession: s, ctx: ctx, stamp: ev.SelectionTimestamp, timer: timer.C}
	err := t.fill(&c)
	switch {
	case err == nil:
		return c, c.Text != "" || len(c.Files) > 0 || c.Incomplete != ""
	case errors.Is(err, errTimedOut):
		c.Incomplete = TimedOut
		return c, true
	}
	return Copy{}, false
}

func (t *transfer) fill(c *Copy) error {
	offered, err := t.targets()
	if err != nil {
		return err
	}
	if offered["x-kde-passwordManagerHint"] {
		hint, err := t.convert("x-kde-passwordManagerHint")
		if err == nil && string(hint) == "secret" {
			return errSecret
		}
		if err != nil && !errors.Is(err, errRefused) {
			return err
		}
	}
	for _, target := range []string{"text/uri-list", "x-special/gnome-copied-files"} {
		if !offered[target] {
			continue
		}
		list, err := t.convert(target)
		if err != nil && !errors.Is(err, errTooLarge) {
			return err
		}
		files, complete := fileList(string(list))
		if c.Files = files; !complete || err != nil {
			c.Incomplete = TooLarge
		}
		if len(files) > 0 {
			return nil
		}
	}
	return t.fillText(c, offered)
}

func (t *transfer) fillText(c *Copy, offered map[string]bool) error {
	for _, target := range textTargets {
		if !offered[target] {
			continue
		}
		data, err := t.convert(target)
		switch {
		case errors.Is(err, errRefused):
			continue // offered, and then not: perhaps another form
		case errors.Is(err, errTooLarge):
			c.Incomplete = TooLarge
		case err != nil:
			return err
		}
		if target == "STRING" { // ISO 8859-1 by definition (ICCCM 2.6.2)
			if data, err = charmap.ISO8859_1.NewDecoder().Bytes(data); err != nil {
				c.Incomplete = Corrupt
			}
		}
		text, complete := boundText(string(data))
		if c.Text = text; !complete {
			c.Incomplete = TooLarge
		}
		return nil
	}
	return nil
}

// targets answers the names, of those the sensor knows, that the owner offers.
// An owner that does not say is taken to offer text.
func (t *transfer) targets() (map[string]bool, error) {
	data, err := t.convert("TARGETS")
	if errors.Is(err, errRefused) || errors.Is(err, errTooLarge) {
		return map[string]bool{"UTF8_STRING": true, "STRING": true}, nil
	}
	if err != nil {
		return nil, err
	}
	offered := map[string]bool{}
	for ; len(data) >= 4; data = data[4:] {
		for name, atom := range t.atoms {
			if atom == xproto.Atom(xgb.Get32(data)) {
				offered[name] = true
			}
		}
	}
	return offered, nil
}

// convert asks the owner for one form and answers its bytes; with errTooLarge
// the first of them.
func (t *transfer) convert(target string) ([]byte, error) {
	property := t.atoms[atomNames[len(atomNames)-4+t.turn%4]]
	t.turn++
	xproto.DeleteProperty(t.conn, t.window, property)
	xproto.ConvertSelection(t.conn, t.window, t.atoms["CLIPBOARD"], t.atoms[target], property, t.stamp)
	for {
		ev, err := t.next()
		if err != nil {
			return nil, err
		}
		n, ok := ev.(xproto.SelectionNotifyEvent)
		if !ok || !t.mine(n) || n.Target != t.atoms[target] || n.Property != property && n.Property != xproto.AtomNone {
			continue // of a transfer that was given up
		}
		if n.Property == xproto.AtomNone {
			return nil, errRefused
		}
		data, incremental, err := t.property(property, nil)
		switch {
		case errors.Is(err, errNothing):
			continue
		case incremental && err == nil:
			return t.increments(property)
		}
		return data, err
	}
}

// mine tells whether an answer is to what was asked of this copy: an owner that
// was asked before it was replaced answers all the same. It says when it was
// asked (ICCCM 2.2), unless it says nothing.
func (t *transfer) mine(n xproto.SelectionNotifyEvent) bool {
	return n.Time == t.stamp || n.Time == xproto.TimeCurrentTime
}

// increments takes what is handed over piece by piece (ICCCM 2.7.2). Deleting
// the property, done by reading it, asks for the next piece.
func (t *transfer) increments(property xproto.Atom) (data []byte, err error) {
	for {
		ev, err := t.next()
		if err != nil {
			return nil, err
		}
		p, ok := ev.(xproto.PropertyNotifyEvent)
		if !ok || p.Atom != property || p.State != xproto.PropertyNewValue {
			continue
		}
		before := len(data)
		data, _, err = t.property(property, data)
		if errors.Is(err, errNothing) {
			continue
		}
		if err != nil || len(data) == before {
			return data, err
		}
	}
}

// property appends what the property holds to data, and deletes it.
func (t *transfer) property(property xproto.Atom, data []byte) (_ []byte, incremental bool, err error) {
	for offset := uint32(0); ; {
		p, err := xproto.GetProperty(t.conn, true, t.window, property, xproto.GetPropertyTypeAny, offset, chunk).Reply()
		if err != nil {
			return data, false, errRefused
		}
		switch p.Type {
		case xproto.AtomNone:
			return data, false, errNothing
		case t.atoms["INCR"]:
			return data, true, nil
		}
		data = append(data, p.Value...)
		if len(data) > MaxText {
			xproto.DeleteProperty(t.conn, t.window, property)
			return data[:MaxText], false, errTooLarge
		}
		if p.BytesAfter == 0 {
			return data, false, nil
		}
		offset += uint32(len(p.Value)) / 4
	}
}

// next waits for the owner's next step.
func (t *transfer) next() (xgb.Event, error) {
	select {
	case ev := <-t.handed:
		return ev, nil
	case <-t.changed:
		t.wake()
		return nil, errReplaced
	case <-t.timer:
		return nil, errTimedOut
	case <-t.gone:
		return nil, errReplaced
	case <-t.ctx.Done():
		return nil, errReplaced
	}
}

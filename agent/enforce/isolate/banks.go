package isolate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// engine is a packet filter that holds named filters in two banks of our own, and
// cannot replace many of them in one step. A bank says what shall be in it.
type engine interface {
	// banks answers what the banks that there are say.
	banks() (map[int]string, error)
	addBank(bank int, says string) error
	deleteBank(bank int) error
	// addFilter answers false where there is a filter in that place.
	addFilter(bank, place int, f filter) (bool, error)
	// deleteFilter deletes what there is, if anything.
	deleteFilter(bank, place int) error
}

// put has a ruleset be in force: it fills the bank that is free, then empties the
// other one. In between both are, so that what either refuses in the meantime
// by no exemption of the other is refused. It answers whether anything had to
// be changed.
func put(e engine, r ruleset) (bool, error) {
	list := r.filters()
	says := fmt.Sprintf("%s %d", r.comment(), len(list))
	have, err := e.banks()
	if err != nil {
		return false, err
	}
	for bank, said := range have {
		if said == says {
			added, err := fill(e, bank, list)
			if err != nil {
				return false, err
			}
			cleared, err := clearOthers(e, have, bank)
			return added || cleared, err
		}
	}
	bank := 0
	if _, taken := have[bank]; taken {
		bank = 1
	}
	if said, taken := have[bank]; taken { // of a change that did not come to its end
		if err := empty(e, bank, said); err != nil {
			return false, err
		}
		delete(have, bank)
	}
	if err := e.addBank(bank, says); err != nil {
		return false, err
	}
	if _, err := fill(e, bank, list); err != nil {
		return false, errors.Join(err, empty(e, bank, says))
	}
	_, err = clearOthers(e, have, bank)
	return true, err
}

// fill adds the filters that are missing, those that refuse first.
func fill(e engine, bank int, list []filter) (changed bool, err error) {
	for _, permits := range []bool{false, true} {
		for place, f := range list {
			if f.permit != permits {
				continue
			}
			added, err := e.addFilter(bank, place, f)
			if err != nil {
				return changed, err
			}
			changed = changed || added
		}
	}
	return changed, nil
}

func clearOthers(e engine, have map[int]string, but int) (cleared bool, err error) {
	for bank, said := range have {
		if bank != but {
			cleared, err = true, errors.Join(err, empty(e, bank, said))
		}
	}
	return cleared, err
}

// take empties all banks and answers whether there was one.
func take(e engine) (bool, error) {
	have, err := e.banks()
	if err != nil {
		return false, err
	}
	return clearOthers(e, have, -1)
}

// empty deletes a bank with all that is in it.
func empty(e engine, bank int, said string) error {
	for place := range places(said) {
		if err := e.deleteFilter(bank, place); err != nil {
			return err
		}
	}
	return e.deleteBank(bank)
}

// maxPlaces bounds a bank: every internal network and exemption there can be.
const maxPlaces = 50_000

// places answers how many filters a bank says it has.
func places(said string) int {
	n, err := strconv.Atoi(said[strings.LastIndexByte(said, ' ')+1:])
	if err != nil {
		return 0
	}
	return min(max(n, 0), maxPlaces)
}

// look answers what is in force. Of two banks the stricter says what becomes of
// it after a crash.
func look(e engine) (Status, error) {
	have, err := e.banks()
	s := Status{}
	for _, said := range have {
		mode, crash := marked(said)
		if !s.Isolated || crash == Keep {
			s.Mode, s.AfterCrash = mode, crash
		}
		s.Isolated = true
	}
	return s, err
}

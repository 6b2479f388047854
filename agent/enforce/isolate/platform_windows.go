package isolate

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/tailscale/wf"
	"golang.org/x/sys/windows"
)

// wfp is the Windows Filtering Platform. A bank is a sublayer of our own; what a
// sublayer refuses no other lets through. What is made in a session that is not
// dynamic outlives this process, and not the machine's next start: as nftables
// on Linux.
type wfp struct {
	session *wf.Session
	dynamic bool
}

// Names of our own objects: the last digits count banks and places.
var (
	ourProvider = windows.GUID{Data1: 0xe2ff1f4c, Data2: 0xf2dc, Data3: 0x4b52, Data4: [8]byte{0xaa, 0xa8, 0xbf, 0x83, 0x0e, 0x42, 0x46, 0xa9}}
	ourBank     = windows.GUID{Data1: 0x6d7f1713, Data2: 0x4142, Data3: 0x41b8, Data4: [8]byte{0xb4, 0x13, 0x88, 0x39, 0xb8, 0x22, 0xd6, 0x00}}
)

const ourName = "Trustline"

// tryBanks are those of a try, which meet no others.
const tryBanks = 2

func openPlatform(dynamic bool) (*wfp, error) {
	s, err := wf.New(&wf.Options{Name: ourName, Description: "Keeps internal systems closed on untrusted networks", Dynamic: dynamic})
	if err != nil {
		return nil, fmt.Errorf("reach the Windows Filtering Platform: %w", explain(err))
	}
	return &wfp{s, dynamic}, nil
}

// explain says what to do about an error.
func explain(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf("%w: this needs an administrator", err)
	case errors.Is(err, windows.RPC_S_CANNOT_SUPPORT):
		return fmt.Errorf("%w: %w", err, errors.ErrUnsupported)
	case errors.Is(err, windows.EPT_S_NOT_REGISTERED), errors.Is(err, windows.RPC_S_SERVER_UNAVAILABLE):
		return fmt.Errorf("%w: the service Base Filtering Engine (BFE) does not run", err)
	}
	return err
}

func (p *wfp) close() { _ = p.session.Close() }

// provider owns what is ours; in a try nothing has to be found again.
func (p *wfp) provider() wf.ProviderID {
	id := wf.ProviderID(ourProvider)
	if p.dynamic {
		id.Data3++
	}
	return id
}

func (p *wfp) bank(n int) wf.SublayerID {
	id := wf.SublayerID(ourBank)
	id.Data4[7] = byte(n)
	if p.dynamic {
		id.Data4[7] += tryBanks
	}
	return id
}

func (p *wfp) place(bank, n int) wf.RuleID {
	id := wf.RuleID(p.bank(bank))
	id.Data1, id.Data2 = uint32(n), id.Data2+1
	return id
}

// banks implements engine.
func (p *wfp) banks() (map[int]string, error) {
	all, err := p.session.Sublayers(p.provider())
	if err != nil {
		return nil, fmt.Errorf("read the filters in force: %w", explain(err))
	}
	have := map[int]string{}
	for _, s := range all {
		for n := range 2 {
			if s.ID == p.bank(n) {
				have[n] = string(s.ProviderData)
			}
		}
	}
	return have, nil
}

func (p *wfp) addBank(bank int, says string) error {
	err := p.session.AddProvider(&wf.Provider{ID: p.provider(), Name: ourName})
	if err != nil && !is(err, alreadyExists) {
		return fmt.Errorf("make filters: %w", explain(err))
	}
	err = p.session.AddSublayer(&wf.Sublayer{ID: p.bank(bank), Name: ourName, Provider: p.provider(), ProviderData: []byte(says), Weight: ^uint16(0)})
	if err != nil {
		return fmt.Errorf("make filters: %w", explain(err))
	}
	return nil
}

func (p *wfp) deleteBank(bank int) error {
	if err := p.session.DeleteSublayer(p.bank(bank)); err != nil && !is(err, sublayerNotFound) {
		return fmt.Errorf("delete filters: %w", explain(err))
	}
	return nil
}

func (p *wfp) addFilter(bank, place int, f filter) (bool, error) {
	rule := &wf.Rule{
		ID: p.place(bank, place), Name: ourName, Layer: layers()[f.layer], Sublayer: p.bank(bank), Weight: f.weight,
		Provider: p.provider(), Action: wf.ActionBlock,
	}
	if f.permit {
		rule.Action = wf.ActionPermit
	}
	for _, m := range f.conditions {
		rule.Conditions = append(rule.Conditions, condition(m))
	}
	err := p.session.AddRule(rule)
	if is(err, alreadyExists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("add a filter: %w", explain(err))
	}
	return true, nil
}

func (p *wfp) deleteFilter(bank, place int) error {
	if err := p.session.DeleteRule(p.place(bank, place)); err != nil && !is(err, filterNotFound) {
		return fmt.Errorf("delete a filter: %w", explain(err))
	}
	return nil
}

// Errors of the platform, fwperror.h.
const (
	filterNotFound   windows.Errno = 0x80320003
	sublayerNotFound windows.Errno = 0x80320007
	alreadyExists    windows.Errno = 0x80320009
)

func is(err error, code windows.Errno) bool { return errors.Is(err, code) }

func layers() map[layer]wf.LayerID {
	return map[layer]wf.LayerID{
		connect4: wf.LayerALEAuthConnectV4, connect6: wf.LayerALEAuthConnectV6,
		accept4: wf.LayerALEAuthRecvAcceptV4, accept6: wf.LayerALEAuthRecvAcceptV6,
	}
}

// condition puts a condition into the platform's words. Types of ICMP stand
// where the local port does (FWPM_CONDITION_ICMP_TYPE, fwpmu.h).
func condition(m match) *wf.Match {
	switch m.field {
	case remoteAddress:
		return &wf.Match{Field: wf.FieldIPRemoteAddress, Op: wf.MatchTypeEqual, Value: m.value.(netip.Prefix)}
	case remotePort:
		return &wf.Match{Field: wf.FieldIPRemotePort, Op: wf.MatchTypeEqual, Value: m.value}
	case localPort:
		return &wf.Match{Field: wf.FieldIPLocalPort, Op: wf.MatchTypeEqual, Value: m.value}
	case protocol:
		return &wf.Match{Field: wf.FieldIPProtocol, Op: wf.MatchTypeEqual, Value: m.value}
	}
	return &wf.Match{Field: wf.FieldFlags, Op: wf.MatchTypeFlagsAllSet, Value: wf.ConditionFlagIsLoopback}
}

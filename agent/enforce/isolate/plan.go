package isolate

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a plan.
const (
	maxEntries = 1000
	maxNames   = 100
	maxAllowed = 64
)

// target is one entry of a plan: a network or a name, perhaps with a port.
type target struct {
	prefix netip.Prefix // invalid for a name
	name   string       // "" for a network
	port   uint16       // 0: any
}

// plan is a Plan that has been read.
type plan struct {
	mode            Mode
	internal, allow []target
	portal          bool
	local           []netip.Addr
	crash           Crash
}

// Check says what is wrong with a plan. Errors name the entry and the remedy.
func (p Plan) Check() error {
	_, err := p.read()
	return err
}

func (p Plan) read() (plan, error) {
	r := plan{mode: p.Mode, portal: p.Portal, local: p.Local[:min(len(p.Local), maxAllowed)], crash: cmp.Or(p.AfterCrash, Keep)}
	var errs []error
	if p.Mode != Internal && p.Mode != AllBut {
		errs = append(errs, fmt.Errorf("isolate.mode: %q is neither %q nor %q", p.Mode, Internal, AllBut))
	}
	if r.crash != Keep && r.crash != Clear {
		errs = append(errs, fmt.Errorf("isolate.after-crash: %q is neither %q nor %q", p.AfterCrash, Keep, Clear))
	}
	if len(p.Internal) > maxEntries {
		errs = append(errs, fmt.Errorf("isolate.internal: at most %d entries: sum networks up", maxEntries))
	}
	if len(p.Allow) > maxAllowed {
		errs = append(errs, fmt.Errorf("isolate.allow: at most %d entries", maxAllowed))
	}
	if err := errors.Join(errs...); err != nil {
		return r, err
	}
	names := 0
	for _, text := range p.Internal {
		t, err := parseTarget(text, false)
		if err == nil && t.prefix.IsValid() && t.prefix.Bits() == 0 {
			err = errors.New("is everything: use the mode all-but")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("isolate.internal: %q %w", text, err))
		}
		if t.name != "" {
			names++
		}
		r.internal = append(r.internal, t)
	}
	for _, text := range p.Allow {
		t, err := parseTarget(text, true)
		if err != nil {
			errs = append(errs, fmt.Errorf("isolate.allow: %q %w", text, err))
		}
		if t.name != "" {
			names++
		}
		r.allow = append(r.allow, t)
	}
	if names > maxNames {
		errs = append(errs, fmt.Errorf("isolate: at most %d host names: use networks", maxNames))
	}
	if p.Mode == Internal && len(p.Internal) == 0 {
		errs = append(errs, errors.New("isolate.internal: lists nothing, so nothing would be closed off"))
	}
	return r, errors.Join(errs...)
}

func parseTarget(text string, withPort bool) (target, error) {
	text = strings.TrimSpace(text)
	if p, ok := parsePrefix(text); ok {
		return target{prefix: p}, nil
	}
	host, port := text, uint16(0)
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		n, err := strconv.ParseUint(text[i+1:], 10, 16)
		switch {
		case err != nil || n == 0:
			return target{}, errors.New("is neither an address, a network (10.0.0.0/8), nor host:port")
		case !withPort:
			return target{}, errors.New("has a port: internal systems are closed off whole")
		}
		host, port = text[:i], uint16(n)
		if inner, ok := strings.CutPrefix(host, "["); ok {
			host = strings.TrimSuffix(inner, "]")
		}
	}
	if p, ok := parsePrefix(host); ok {
		return target{prefix: p, port: port}, nil
	}
	if !validName(host) {
		return target{}, errors.New("is neither an address, a network (10.0.0.0/8), nor a host name; patterns such as *.example.com cannot be closed off")
	}
	return target{name: strings.ToLower(strings.TrimSuffix(host, ".")), port: port}, nil
}

func parsePrefix(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil && !p.Addr().Is4In6() {
		return p.Masked(), true
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	return netip.Prefix{}, false
}

// validName accepts host names after RFC 1123 that cannot be mistaken for an
// address: the last label is not all digits.
func validName(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, notInName) {
			return false
		}
	}
	return strings.ContainsFunc(labels[len(labels)-1], func(r rune) bool { return r < '0' || r > '9' })
}

func notInName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

// names answers every name of a plan, once.
func (p plan) names() []string {
	var names []string
	for _, t := range slices.Concat(p.internal, p.allow) {
		if t.name != "" && !slices.Contains(names, t.name) {
			names = append(names, t.name)
		}
	}
	return names
}

package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// system asks this machine. Names and groups are known of people who are logged
// on, from their token, where those of a domain stand as well; of others who once
// were the name alone.
func system(ctx context.Context, uid int) (Person, error) {
	if uid == 0 {
		return Person{User: "SYSTEM"}, nil
	}
	type found struct {
		person Person
		err    error
	}
	answers := make(chan found, 2) // the name, then all: a domain that is away takes its time with groups
	go func() {
		defer close(answers)
		p, groups, err := person(uid)
		answers <- found{p, err}
		if err == nil && len(groups) > 0 {
			p.Groups = names(groups)
			answers <- found{p, nil}
		}
	}()
	var last found
	for {
		select {
		case f, more := <-answers:
			if !more {
				return last.person, last.err
			}
			last = f
		case <-ctx.Done():
			return last.person, fmt.Errorf("ask the system who somebody is: %w", ctx.Err())
		}
	}
}

// person answers who has a number, and their groups where they are logged on.
func person(uid int) (Person, []*windows.SID, error) {
	var p Person
	var groups []*windows.SID
	take := func(token windows.Token) (is bool, err error) {
		user, err := token.GetTokenUser()
		if err != nil || number(user.User.Sid) != uid {
			return false, err
		}
		p.User = name(user.User.Sid)
		groups, err = groupsOf(token)
		return true, err
	}
	if is, err := take(windows.GetCurrentProcessToken()); is || err != nil { // the service run by hand
		return p, groups, err
	}
	var failed error
	err := eachSession(func(_ uint32, token windows.Token) bool {
		var is bool
		is, failed = take(token)
		return !is && failed == nil
	})
	if p.User != "" || failed != nil {
		return p, groups, failed
	}
	if err != nil && !errors.Is(err, windows.ERROR_PRIVILEGE_NOT_HELD) {
		return p, nil, err
	}
	p.User, err = once(uid)
	return p, nil, err
}

// groupsOf answers the groups of a token's account. Those that count only to
// refuse something, such as an administrator's before they are elevated, are theirs as well.
func groupsOf(token windows.Token) ([]*windows.SID, error) {
	all, err := token.GetTokenGroups()
	if err != nil {
		return nil, fmt.Errorf("ask a token for its groups: %w", err)
	}
	var sids []*windows.SID
	for _, g := range all.AllGroups() {
		sid, err := g.Sid.Copy()
		if err != nil {
			return nil, fmt.Errorf("copy the name of a group: %w", err)
		}
		sids = append(sids, sid)
	}
	return sids, nil
}

// names answers what groups are called; what only says how somebody is logged
// on is none.
func names(groups []*windows.SID) []string {
	named := []string{}
	for _, sid := range groups[:min(len(groups), maxGroups)] {
		account, domain, kind, err := sid.LookupAccount("")
		if err == nil && (kind == windows.SidTypeGroup || kind == windows.SidTypeAlias) {
			named = append(named, qualified(account, domain))
		}
	}
	return named
}

func name(sid *windows.SID) string {
	account, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return sid.String()
	}
	return qualified(account, domain)
}

// Name answers what an account is called, "" where Windows does not know.
func Name(sid *windows.SID) string {
	if _, _, _, err := sid.LookupAccount(""); err != nil {
		return ""
	}
	return name(sid)
}

// qualified puts a domain before a name; accounts and groups of this machine go
// without.
func qualified(account, domain string) string {
	own, err := windows.ComputerName()
	if domain == "" || err == nil && strings.EqualFold(domain, own) || strings.EqualFold(domain, "BUILTIN") {
		return account
	}
	return domain + `\` + account
}

// profiles is where Windows keeps who was ever logged on.
const profiles = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`

// once answers the name of somebody who was logged on here once, "" of others.
func once(uid int) (string, error) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, profiles, registry.ENUMERATE_SUB_KEYS)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask who was logged on: %w", err)
	}
	defer func() { _ = key.Close() }()
	all, err := key.ReadSubKeyNames(-1)
	if err != nil {
		return "", fmt.Errorf("ask who was logged on: %w", err)
	}
	for _, text := range all {
		if sid, err := windows.StringToSid(text); err == nil && number(sid) == uid {
			return name(sid), nil
		}
	}
	return "", nil
}

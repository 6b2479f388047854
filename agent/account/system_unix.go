//go:build !windows

package account

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
)

// system asks this machine. A program without C code reads only the machine's
// own files, so that the system's id is asked, which knows directories as well;
// where there is none, the files have to do.
func system(ctx context.Context, uid int) (Person, error) {
	number := strconv.Itoa(uid)
	name, err := id(ctx, "-un", "--", "+"+number) // never an account called by that number
	if err != nil {
		name, err = id(ctx, "-un", number)
	}
	if err != nil {
		return ownFiles(number)
	}
	p := Person{User: name}
	groups, err := id(ctx, "-Gnz", "--", name)
	if err != nil { // BSD and macOS know no -z
		groups, err = id(ctx, "-Gn", name)
		groups = strings.ReplaceAll(groups, " ", "\x00")
	}
	if err != nil {
		return Person{}, err
	}
	p.Groups = strings.FieldsFunc(groups, func(r rune) bool { return r == 0 })
	return p, nil
}

func id(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "id", args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("ask the system who somebody is: %w", err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}

func ownFiles(number string) (Person, error) {
	u, err := user.LookupId(number)
	var unknown user.UnknownUserIdError
	if errors.As(err, &unknown) {
		return Person{}, nil // a number without a name
	}
	if err != nil {
		return Person{}, fmt.Errorf("ask the system who somebody is: %w", err)
	}
	p := Person{User: u.Username}
	ids, err := u.GroupIds()
	if err != nil {
		return Person{}, fmt.Errorf("ask the system for somebody's groups: %w", err)
	}
	for _, gid := range ids {
		if g, err := user.LookupGroupId(gid); err == nil {
			p.Groups = append(p.Groups, g.Name)
		}
	}
	return p, nil
}

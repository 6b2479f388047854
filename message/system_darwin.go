package message

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// system answers the languages the person wants macOS in, the best first. What
// launchd starts has none in its environment.
func system() []string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/bin/defaults", "read", "-g", "AppleLanguages").Output()
	if err != nil {
		return nil
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return strings.ContainsRune("() \",\n", r) })
}

package tenure

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"
)

// bootID names this run of the machine.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// ShuttingDown tells whether the machine is going down, and the service with it.
func ShuttingDown() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	// It answers with an error unless everything runs; the word counts.
	out, _ := exec.CommandContext(ctx, "systemctl", "is-system-running").Output()
	return strings.TrimSpace(string(out)) == "stopping"
}

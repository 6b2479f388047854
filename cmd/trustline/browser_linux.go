package main

import (
	"os"
	"os/exec"
	"strings"
)

// browserCommand opens an address with $BROWSER, where the person has set it,
// or else with the browser of the desktop.
func browserCommand(url string) *exec.Cmd {
	first, _, _ := strings.Cut(os.Getenv("BROWSER"), ":")
	words := strings.Fields(first)
	if len(words) == 0 {
		return exec.Command("xdg-open", url)
	}
	named := false
	for i, w := range words {
		named = named || strings.Contains(w, "%s")
		words[i] = strings.ReplaceAll(w, "%s", url)
	}
	if !named {
		words = append(words, url)
	}
	return exec.Command(words[0], words[1:]...)
}

package main

import "os/exec"

// browserCommand opens an address with the person's browser.
func browserCommand(url string) *exec.Cmd {
	return exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
}

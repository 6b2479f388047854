package main

import "os/exec"

// browserCommand opens an address with the person's browser.
func browserCommand(url string) *exec.Cmd { return exec.Command("open", url) }

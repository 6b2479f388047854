package agent

import "io/fs"

// fileOwner answers -1: accounts have no numbers here.
func fileOwner(fs.FileInfo) int { return -1 }

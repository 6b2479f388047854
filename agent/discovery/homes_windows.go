package discovery

import (
	"cmp"
	"os"
)

// Homes is where people's own folders are.
func Homes() []string { return []string{cmp.Or(os.Getenv("SystemDrive"), "C:") + `\Users`} }

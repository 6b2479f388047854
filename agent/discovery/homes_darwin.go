package discovery

// Homes is where people's own folders are.
func Homes() []string { return []string{"/Users"} }

package clipboard

// backends answers the ways to the clipboard: the count of changes of the
// pasteboard is looked at, and what it holds read when that moved; where it
// cannot be reached, the text alone.
func backends(func(string) string) []backend {
	return []backend{&pasteboard{}, newPolling(nil)}
}

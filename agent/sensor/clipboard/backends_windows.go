package clipboard

// backends answers the ways to the clipboard: the system tells a window of ours
// when it changes; where there can be none, its sequence number is looked at,
// which costs nothing, and the text read when it moved.
func backends(func(string) string) []backend {
	return []backend{&listener{}, newPolling(stamp)}
}

package network

import "testing"

// TestWindowsIsAsked runs where there is a Windows, such as Wine.
func TestWindowsIsAsked(t *testing.T) {
	for range 3 {
		l, err := askWindows()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", l)
		if l.connectivity == "" {
			t.Error("nothing is known of the way to the internet")
		}
	}
	for flags, want := range map[uint32]Connectivity{0: NoConnectivity, 1: NoConnectivity, 0x20: Limited, 0x40: Full, 0x420: Full, 0x200: Limited} {
		if got := connectivityOf(flags); got != want {
			t.Errorf("%#x: %s", flags, got)
		}
	}
	if categoryOf(0) != CategoryPublic || categoryOf(1) != CategoryPrivate || categoryOf(2) != CategoryDomain || categoryOf(9) != "" {
		t.Error("categories are misread")
	}
}

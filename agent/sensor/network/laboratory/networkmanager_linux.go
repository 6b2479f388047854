package laboratory

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	manager     = "org.freedesktop.NetworkManager"
	mockPath    = dbus.ObjectPath("/org/freedesktop") // where the template lives
	mockControl = "org.freedesktop.DBus.Mock"
)

// Security flags of access points, NM80211ApSecurityFlags.
const (
	NoSecurity = uint32(0)
	WPA        = uint32(0x100)
)

// Connectivity, NMConnectivityState.
const (
	Portal = uint32(2)
	Full   = uint32(4)
)

// NetworkManager is python-dbusmock's, on a system bus of its own that the
// environment points to.
type NetworkManager struct {
	t      testing.TB
	conn   *dbus.Conn
	mock   *exec.Cmd
	device dbus.ObjectPath
	point  dbus.ObjectPath
	active dbus.ObjectPath
	count  int
}

// Bus starts a system bus of our own and points the environment to it.
func Bus(t testing.TB) {
	t.Helper()
	Need(t, "dbus-daemon")
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	text := fmt.Sprintf(`<busconfig><type>system</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`, dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", strings.TrimSpace(address))
}

// Manager starts NetworkManager on the bus, with wlan0 connected to nothing.
func Manager(t testing.TB) *NetworkManager {
	t.Helper()
	const python = "/usr/bin/python3" // Debian's, which has the package
	Need(t, python)
	if err := run(python, "-c", "import dbusmock"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("python3-dbusmock is not installed:", err)
		}
		t.Skip("SKIPPED: python3-dbusmock is not installed")
	}
	m := &NetworkManager{t: t}
	m.mock = exec.Command(python, "-m", "dbusmock", "--system", "--template", "networkmanager")
	m.mock.Stderr = os.Stderr
	m.must(m.mock.Start())
	t.Cleanup(m.Stop)
	var err error
	m.conn, err = dbus.ConnectSystemBus()
	m.must(err)
	t.Cleanup(func() { m.conn.Close() })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var owned bool
		if m.must(m.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, manager).Store(&owned)); owned {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("python-dbusmock did not start")
		}
	}
	m.call("AddWiFiDevice", "wlan0", "wlan0", int32(30)).into(&m.device)
	m.call("SetConnectivity", uint32(1))
	return m
}

// Stop ends NetworkManager, as a crash does.
func (m *NetworkManager) Stop() {
	m.mock.Process.Kill()
	m.mock.Wait()
}

func (m *NetworkManager) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

type answer struct {
	m    *NetworkManager
	body []any
}

func (a answer) into(path *dbus.ObjectPath) {
	a.m.t.Helper()
	text, ok := a.body[0].(string)
	if !ok {
		a.m.t.Fatalf("python-dbusmock answered %v", a.body)
	}
	*path = dbus.ObjectPath(text)
}

func (m *NetworkManager) call(method string, args ...any) answer {
	m.t.Helper()
	c := m.conn.Object(manager, mockPath).Call(mockControl+"."+method, 0, args...)
	if c.Err != nil {
		m.t.Fatalf("%s: %v", method, c.Err)
	}
	return answer{m, c.Body}
}

// Connect joins a Wi-Fi network.
func (m *NetworkManager) Connect(ssid string, security, connectivity uint32) {
	m.t.Helper()
	m.Disconnect()
	m.count++
	name := fmt.Sprintf("n%d", m.count)
	var connection dbus.ObjectPath
	m.call("AddAccessPoint", string(m.device), name, ssid, "00:23:f8:7e:12:bb", uint32(2), uint32(2425), uint32(5400), byte(82), security).into(&m.point)
	m.call("AddWiFiConnection", string(m.device), name, ssid, "wpa-psk").into(&connection)
	m.call("AddActiveConnection", []string{string(m.device)}, string(connection), string(m.point), name, uint32(2)).into(&m.active)
	m.call("SetConnectivity", connectivity)
}

// Disconnect leaves the network, if any.
func (m *NetworkManager) Disconnect() {
	m.t.Helper()
	if m.active == "" {
		return
	}
	m.call("RemoveActiveConnection", string(m.device), string(m.active))
	m.call("RemoveAccessPoint", string(m.device), string(m.point))
	m.call("SetConnectivity", uint32(1))
	m.active, m.point = "", ""
}

// Connectivity is what NetworkManager finds out about the way out.
func (m *NetworkManager) Connectivity(c uint32) { m.t.Helper(); m.call("SetConnectivity", c) }

// RealManager starts the real NetworkManager on the bus, in charge of wlan0 as
// a wire. /sys is read-only for it, which tells it that there is no udev.
func RealManager(t testing.TB) {
	t.Helper()
	Need(t, "NetworkManager", "nmcli")
	dir := t.TempDir()
	config := filepath.Join(dir, "NetworkManager.conf")
	text := "[main]\nplugins=keyfile\ndns=none\nrc-manager=unmanaged\nno-auto-default=*\nauth-polkit=false\n[keyfile]\npath=" + dir + "/connections\n[device]\nmatch-device=interface-name:wlan0\nmanaged=1\n[connectivity]\nenabled=false\n[logging]\nlevel=WARN\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	script := `mount -o remount,ro,bind /sys && mount -t tmpfs tmpfs /run/NetworkManager && mount -t tmpfs tmpfs /var/lib/NetworkManager && exec NetworkManager --no-daemon --config "$1" --config-dir "$2" --pid-file "$2/pid" --state-file "$2/state"`
	for _, d := range []string{"/run/NetworkManager", "/var/lib/NetworkManager"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("unshare", "--mount", "sh", "-c", script, "sh", config, dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for deadline := time.Now().Add(20 * time.Second); run("nmcli", "general") != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("NetworkManager did not start")
		}
	}
}

// NMCLI runs nmcli(1).
func NMCLI(t testing.TB, args ...string) {
	t.Helper()
	if err := run("nmcli", args...); err != nil {
		t.Fatal(err)
	}
}

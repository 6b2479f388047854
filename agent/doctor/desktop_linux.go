package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/godbus/dbus/v5"

	"github.com/trustline/trustline/message"
)

// notifications is who shows notices on a desktop (Desktop Notifications
// Specification).
const notifications = "org.freedesktop.Notifications"

// desktop asks whether the person at this machine can be shown a notice. Run
// within a desktop session it asks that session; run as root, it looks for
// sessions that could be asked.
func desktop(ctx context.Context, _ *examination) finding {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return ownDesktop(ctx)
	}
	buses, err := filepath.Glob("/run/user/[0-9]*/bus")
	if err != nil || len(buses) == 0 {
		return warn("no-session")
	}
	return found(OK, "sessions", []message.Args{{"Count": len(buses)}})
}

func ownDesktop(ctx context.Context) finding {
	bus, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return warn("no-bus", because(err))
	}
	defer bus.Close()
	var running, startable []string
	if err := bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ListNames", 0).Store(&running); err != nil {
		return warn("no-bus", because(err))
	}
	if err := bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&startable); err != nil {
		return warn("no-bus", because(err))
	}
	if !slices.Contains(append(running, startable...), notifications) {
		return warn("no-notifications")
	}
	var name, vendor, version, spec string
	err = bus.Object(notifications, "/org/freedesktop/Notifications").CallWithContext(ctx, notifications+".GetServerInformation", 0).Store(&name, &vendor, &version, &spec)
	if err != nil {
		return warn("no-bus", because(err))
	}
	return fine(message.Args{"Name": name})
}

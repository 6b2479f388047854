package installer

import "strings"

// unit is the systemd unit. Everything in it that would give the service a mount
// namespace of its own (PrivateTmp, ProtectSystem, ReadWritePaths and their
// like) is left out on purpose: the guard's mounts must be seen by everybody
// (docs/decisions/070-no-mount-namespace.md).
func unit(c Config) string {
	command := make([]string, 0, 4)
	for _, word := range []string{c.Program, "run", "--config", c.File} {
		command = append(command, quoted(word))
	}
	return strings.NewReplacer("COMMAND", strings.Join(command, " ")).Replace(unitText)
}

// unitText comes with its reasons, for whoever reads the installed file.
const unitText = `[Unit]
Description=Trustline keeps customer information on the company's machines
After=local-fs.target dbus.service
# However often it ends, it is started again: without it media stay read-only.
StartLimitIntervalSec=0

[Service]
# It says when it is ready, and every few seconds that it is not stuck.
Type=notify
NotifyAccess=main
WatchdogSec=60
ExecStart=COMMAND
Restart=always
RestartSec=1
# It gives media back before it ends.
KillMode=mixed
TimeoutStopSec=30
OOMScoreAdjust=-800
LimitNOFILE=65536
StateDirectory=trustline trustline/tmp
StateDirectoryMode=0700
# Instead of a private /tmp.
Environment=TMPDIR=/var/lib/trustline/tmp
# Code for reading PDF, compiled once.
CacheDirectory=trustline
CacheDirectoryMode=0700
RuntimeDirectory=trustline
RuntimeDirectoryMode=0755
# Nothing here may give it a mount namespace of its own (PrivateTmp,
# ProtectSystem, ReadWritePaths …): its mounts must be seen by everybody.
PrivateMounts=no
NoNewPrivileges=yes
# SYS_ADMIN mounts the guard and takes media over; CHOWN to FSETID, SETUID,
# SETGID and SYS_RESOURCE write files as the people who copied them; SYS_PTRACE
# and DAC_READ_SEARCH see which program writes; KILL ends document readers;
# NET_ADMIN and NET_RAW close internal systems off.
CapabilityBoundingSet=CAP_SYS_ADMIN CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_SYS_RESOURCE CAP_SYS_PTRACE CAP_KILL CAP_MKNOD CAP_NET_ADMIN CAP_NET_RAW
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native
# Instead of a read-only system: it can load no module, set no clock, switch no
# swap, write to no hardware and restart nothing.
SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
SystemCallErrorNumber=EPERM
KeyringMode=private
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

[Install]
WantedBy=multi-user.target
`

// quoted makes one word of a command line of a checked path (systemd.service(5)).
func quoted(word string) string { return `"` + strings.ReplaceAll(word, "%", "%%") + `"` }

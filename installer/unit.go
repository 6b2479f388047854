package installer

import "strings"

// unit is the systemd unit. Everything in it that would give the service a mount
// namespace of its own (PrivateTmp, ProtectSystem, ReadWritePaths and their
// like) is left out on purpose: the guard's mounts must be seen by everybody.
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
Type=simple
ExecStart=COMMAND
Restart=always
RestartSec=1
# It gives media back before it ends.
KillMode=mixed
TimeoutStopSec=30
OOMScoreAdjust=-800
LimitNOFILE=65536
StateDirectory=trustline
StateDirectoryMode=0700
RuntimeDirectory=trustline
RuntimeDirectoryMode=0755
# Nothing here may give it a mount namespace of its own (PrivateTmp,
# ProtectSystem, ReadWritePaths …): its mounts must be seen by everybody.
PrivateMounts=no
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

[Install]
WantedBy=multi-user.target
`

// quoted makes one word of a command line of a checked path (systemd.service(5)).
func quoted(word string) string { return `"` + strings.ReplaceAll(word, "%", "%%") + `"` }

package installer

import (
	"html"
	"strings"
)

// launchAgent is what launchd on macOS starts the session helper from
// (launchd.plist(5)).
func launchAgent(c Config) string {
	return strings.NewReplacer("PROGRAM", html.EscapeString(c.Program)).Replace(launchAgentText)
}

const launchAgentText = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>com.trustline.session</string>
	<key>ProgramArguments</key>
	<array>
		<string>PROGRAM</string>
		<string>session</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>LimitLoadToSessionType</key>
	<string>Aqua</string>
</dict>
</plist>
`

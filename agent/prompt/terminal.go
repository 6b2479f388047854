package prompt

import (
	"strings"

	"github.com/trustline/trustline/message"
)

// maxTerminal is how many bytes are written to a terminal at once.
const maxTerminal = 2 << 10

// terminalText is the text as it is written between whatever else the terminal
// shows. Lines end with a carriage return as well: a program may have switched
// the terminal's own off.
func terminalText(p *message.Printer, t Text) string {
	lines := append([]string{"", "[" + p.Text("terminal.name") + "] " + t.Title}, t.Lines...)
	var b strings.Builder
	for i, line := range lines {
		if i > 1 {
			b.WriteString("  ")
		}
		b.WriteString(line)
		b.WriteString("\r\n")
	}
	s := b.String()
	if len(s) > maxTerminal {
		s = strings.ToValidUTF8(s[:maxTerminal], "")
	}
	return s
}

// Package agent is one activity's way through a workstation: sense, extract,
// detect, decide, enforce, tell, record, upload. It wires the packages below
// it; nothing else does. It never parses files, talks to the console or draws
// on a screen itself.
package agent

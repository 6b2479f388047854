// Package window is a hidden window of this process on Windows, for what the
// system tells windows alone: that the clipboard has changed, that a notice was
// clicked, that the session ends. It shows nothing and decides nothing.
package window

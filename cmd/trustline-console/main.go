// Command trustline-console is the central program: it takes incidents in and
// shows them to the people who review them.
package main

func main() {}

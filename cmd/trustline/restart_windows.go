package main

// restart is what administrators of this system start the service again with.
const restart = "powershell Restart-Service trustline"

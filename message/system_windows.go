package message

import "golang.org/x/sys/windows"

// system answers the languages the person wants Windows in, the best first.
func system() []string {
	languages, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return nil
	}
	return languages
}

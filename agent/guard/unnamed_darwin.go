package guard

import "os"

// Unnamed makes a file that nobody else can open and that is gone with the
// process.
func Unnamed(folder string) (*os.File, error) {
	f, err := os.CreateTemp(folder, "")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

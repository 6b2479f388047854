package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Compiled code is kept in a folder per edition of the program, inside of
// Options.Cache. It is written by a worker that reads no file at all, and only
// loaded, before they are confined, by those that do.
const (
	compileTime = 2 * time.Minute
	keptFor     = 30 * 24 * time.Hour // editions no longer run
)

// Prepare has the code compiled that reading PDF takes, unless it is there
// already: 5 seconds and 300 MB of memory in a process of its own, 20 MB on
// disk. A service calls it when it starts; otherwise the first PDF waits. Where
// it fails, workers compile for themselves, in memory, when they meet a PDF.
func (s *Sandbox) Prepare(ctx context.Context) error {
	s.compiling.Lock()
	defer s.compiling.Unlock()
	if s.unprepared != nil || s.ready() != "" {
		return s.unprepared
	}
	code, err := s.compile(ctx)
	if err != nil {
		err = fmt.Errorf("prepare reader of PDF: %w", err)
		if ctx.Err() == nil {
			s.unprepared = err
		}
		return err
	}
	s.mu.Lock()
	s.code = code
	s.mu.Unlock()
	return nil
}

// ready answers the folder with the code, "" when there is none yet.
func (s *Sandbox) ready() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != "" {
		return s.code
	}
	folder, err := s.edition()
	if err != nil || ownFolder(s.options.Cache) != nil {
		return ""
	}
	if info, err := os.Lstat(folder); err == nil && info.IsDir() {
		s.code = folder
	}
	return s.code
}

// edition names the folder for the code of this very program.
func (s *Sandbox) edition() (string, error) {
	if s.options.Cache == "" {
		return "", errors.New("there is no folder for compiled code")
	}
	info, err := os.Stat(s.options.Command[0])
	if err != nil {
		return "", fmt.Errorf("look at this program: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", s.options.Command[0], info.Size(), info.ModTime().UnixNano()))
	return filepath.Join(s.options.Cache, hex.EncodeToString(sum[:8])), nil
}

func (s *Sandbox) compile(ctx context.Context) (string, error) {
	folder, err := s.edition()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(s.options.Cache, 0o700); err != nil {
		return "", fmt.Errorf("make folder for compiled code: %w", err)
	}
	if err := ownFolder(s.options.Cache); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(s.options.Cache, "new-")
	if err != nil {
		return "", fmt.Errorf("make folder for compiled code: %w", err)
	}
	defer os.RemoveAll(fresh) // gone already when all went well
	if err := s.compileInto(ctx, fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep compiled code: %w", err)
	}
	s.sweep(folder)
	return folder, nil
}

// compileInto has a worker compile.
func (s *Sandbox) compileInto(ctx context.Context, folder string) error {
	w, err := start(s.options.Command)
	if err != nil {
		return err
	}
	defer w.kill()
	timer := time.AfterFunc(compileTime, w.kill)
	defer timer.Stop()
	stop := context.AfterFunc(ctx, w.kill)
	defer stop()
	if err = w.send(compileFrame, []byte(folder)); err == nil {
		err = w.w.Flush()
	}
	if err == nil {
		_, _, err = w.receive()
	}
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("worker compiling: %w (%s)", err, w.said.first()))
	}
	return nil
}

// sweep removes the code of editions nobody ran for long.
func (s *Sandbox) sweep(current string) {
	entries, err := os.ReadDir(s.options.Cache)
	if err != nil {
		s.options.Logger.Warn("look for outdated compiled code", "error", err)
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		path := filepath.Join(s.options.Cache, e.Name())
		if err != nil || path == current || time.Since(info.ModTime()) < keptFor {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			s.options.Logger.Warn("remove outdated compiled code", "error", err)
		}
	}
}

// CacheFolders are where the service, and programs of this account, keep what
// they can make again.
func CacheFolders() []string {
	var folders []string
	if service := serviceCache(); service != "" {
		folders = append(folders, service)
	}
	if own := defaultCache(); own != "" {
		folders = append(folders, filepath.Dir(own))
	}
	return folders
}

// defaultCache is where a program of this account keeps what it can make
// again; "" where there is no such place.
func defaultCache() string {
	if folder := systemCache(); folder != "" {
		return folder
	}
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "trustline", "code")
}

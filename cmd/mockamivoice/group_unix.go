//go:build unix

package main

import (
	"os"
	"syscall"
)

// ownGroup lets a command and all that it starts be signalled together.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// signalGroup signals a process, and its whole group where it has one of its own.
func signalGroup(p *os.Process, group bool, s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if !group || !ok {
		return p.Signal(s)
	}
	return syscall.Kill(-p.Pid, number)
}

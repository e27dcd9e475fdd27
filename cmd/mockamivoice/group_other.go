//go:build !unix

package main

import (
	"os"
	"syscall"
)

// ownGroup does nothing where there are no groups of processes.
func ownGroup() *syscall.SysProcAttr { return nil }

// signalGroup ends a process where it cannot be signalled.
func signalGroup(p *os.Process, _ bool, _ os.Signal) error { return p.Kill() }

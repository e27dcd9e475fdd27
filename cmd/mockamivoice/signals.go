package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signals is a context that ends at the first SIGTERM or SIGINT. A second one ends the process at once.
func signals(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		select {
		case <-caught:
			cancel()
		case <-ctx.Done():
			return
		}
		<-caught
		os.Exit(statusCannot)
	}()
	return ctx, func() {
		signal.Stop(caught)
		cancel()
	}
}

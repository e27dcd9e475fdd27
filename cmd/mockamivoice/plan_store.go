package main

import (
	"context"
	"errors"
	"time"

	"mockamivoice/fake"
	"mockamivoice/fake/redisstore"
)

const storeTime = 4 * time.Second // until a Redis that does not answer at the start counts as gone

// openStore connects to the Redis of --store. A replica that cannot reach it does not become ready.
func (c *serveCommand) openStore(ctx context.Context) (options []fake.Option, closeStore func(), err error) {
	if c.Store == "" {
		return nil, func() {}, nil
	}
	redisstore.Quiet() // what goes wrong is in the log of the server, in its format
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	store, err := redisstore.Open(ctx, c.Store, c.StoreNamespace)
	if errors.Is(err, redisstore.ErrNoStore) {
		return nil, nil, usage("--store: %w", err)
	}
	if err != nil {
		return nil, nil, cannot("--store: %w", err)
	}
	return []fake.Option{fake.WithStore(store)}, func() { _ = store.Close() }, nil
}

package redisstore

import (
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// Quiet keeps go-redis from writing to stderr, in the whole process: what it has to say comes back as errors.
func Quiet() { redis.SetLogger(&logging.VoidLogger{}) }

// Package redisstore keeps in Redis what several replicas of a fake share.
package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"mockamivoice/fake"
)

const (
	prefix     = "mockamivoice:" // of every key and channel
	ioTime     = 2 * time.Second // for a connection, or an answer, where the URL does not say otherwise (ours)
	listedOnce = 500             // keys that one SCAN looks at (ours)
)

// ErrNoStore says that a URL or a namespace is not one, so that trying again is no use.
var ErrNoStore = errors.New("this names no store")

// Store is a fake.Store in one Redis server, version 6 or newer. Make it with Open and close it when done. All methods may be
// called from any number of goroutines. They fail while Redis cannot be reached, and work again when it can.
type Store struct {
	client  *redis.Client
	waiting *redis.Client // with connections of its own, for who waits must not keep others from answering
	address string
	secret  string // the password, which no error may show
	prefix  string // of keys
	channel string // on which replicas talk
	id      string // of this replica

	told      atomic.Uint64
	listening atomic.Bool
	hearing   atomic.Bool
}

// Open connects to the Redis at a URL like redis://:PASSWORD@HOST:PORT/DB, or rediss:// with TLS. Everything is kept under a
// namespace of letters, digits, dots, dashes and underscores, so that several fleets share one Redis; empty is "default". The
// error, ErrNoStore or that Redis cannot be used, says in one line what is wrong and shows nothing secret.
func Open(ctx context.Context, address, namespace string) (*Store, error) {
	options, err := parse(address)
	if err != nil {
		return nil, err
	}
	if namespace == "" {
		namespace = "default"
	}
	if !regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(namespace) {
		return nil, fmt.Errorf("%w: the namespace %.80q is not made of 1 to 64 letters, digits, dots, dashes and underscores", ErrNoStore, namespace)
	}
	under := prefix + namespace + ":"
	s := &Store{
		client: redis.NewClient(options), waiting: redis.NewClient(patient(*options)), address: options.Addr, secret: options.Password, prefix: under,
		channel: fmt.Sprintf("%stold@%d", under, options.DB), // channels know no databases
		id:      rand.Text(),
	}
	if err := s.client.Ping(ctx).Err(); err != nil {
		_ = s.Close()
		return nil, s.failed(err)
	}
	return s, nil
}

// parse reads the URL. What the library says about a wrong one may quote the password.
func parse(address string) (*redis.Options, error) {
	const right = "a URL is like redis://HOST:6379/0, redis://:PASSWORD@HOST:6379, or rediss:// for TLS"
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		return nil, fmt.Errorf("%w: %s", ErrNoStore, right)
	}
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %s; the path is the number of a database, and options after ? are those of go-redis", ErrNoStore, right)
	}
	for _, d := range []*time.Duration{&options.DialTimeout, &options.ReadTimeout, &options.WriteTimeout} {
		if *d == 0 {
			*d = ioTime
		}
	}
	options.ContextTimeoutEnabled = true
	options.DialerRetries = 1 // commands are tried again, which is enough
	options.MaxRetries = 1
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return options, nil
}

// patient are options for connections that are waited on: a wait is not begun again when it was in vain.
func patient(options redis.Options) *redis.Options {
	options.MaxRetries = -1
	return &options
}

// Close lets go of all connections.
func (s *Store) Close() error { return errors.Join(s.client.Close(), s.waiting.Close()) }

// failed says what went wrong, without the password.
func (s *Store) failed(err error) error {
	if err == nil {
		return nil
	}
	if strings.HasPrefix(err.Error(), "OOM ") {
		return fmt.Errorf("redis at %s: %w", s.address, fake.ErrStoreFull)
	}
	if s.secret != "" && strings.Contains(err.Error(), s.secret) {
		err = errors.New(strings.ReplaceAll(err.Error(), s.secret, "***"))
	}
	return fmt.Errorf("redis at %s: %w", s.address, err)
}

func (s *Store) value(key string) string   { return s.prefix + "v:" + key }
func (s *Store) counter(key string) string { return s.prefix + "n:" + key }

// Get implements fake.Store.
func (s *Store) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	value, err = s.client.Get(ctx, s.value(key)).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	return value, err == nil, s.failed(err)
}

// Put implements fake.Store. There is no room when Redis has reached its maxmemory.
func (s *Store) Put(ctx context.Context, key string, value []byte, life time.Duration) error {
	if value == nil {
		return s.failed(s.client.Del(ctx, s.value(key), s.counter(key)).Err())
	}
	return s.failed(s.client.Set(ctx, s.value(key), value, rounded(life)).Err())
}

// rounded is a life that Redis does not take for none.
func rounded(life time.Duration) time.Duration {
	if life <= 0 {
		return 0
	}
	return max(life, time.Millisecond)
}

// swap sets KEYS[1] to ARGV[4] for ARGV[5] milliseconds if it is ARGV[2]. ARGV[1] and ARGV[3] say whether there is an old and a new
// value at all.
const swap = `
local now = redis.call('GET', KEYS[1])
if ARGV[1] == '1' then
  if now ~= ARGV[2] then return 0 end
elseif now then
  return 0
end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
elseif tonumber(ARGV[5]) > 0 then
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
else
  redis.call('SET', KEYS[1], ARGV[4])
end
return 1`

// Swap implements fake.Store.
func (s *Store) Swap(ctx context.Context, key string, old, value []byte, life time.Duration) (swapped bool, err error) {
	n, err := s.client.Eval(ctx, swap, []string{s.value(key)}, old != nil, old, value != nil, value, rounded(life).Milliseconds()).Int()
	return n == 1, s.failed(err)
}

// Count implements fake.Store. Every call begins the life anew.
func (s *Store) Count(ctx context.Context, key string, life time.Duration) (int64, error) {
	var n *redis.IntCmd
	_, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		n = p.Incr(ctx, s.counter(key))
		if life > 0 {
			p.PExpire(ctx, s.counter(key), rounded(life))
		}
		return nil
	})
	if err != nil {
		if n.Err() != nil { // why it was not taken; err may only say that all of it was not done
			err = n.Err()
		}
		return 0, s.failed(err)
	}
	return n.Val(), nil
}

// Keys implements fake.Store. A key that comes or goes meanwhile may or may not be among them.
func (s *Store) Keys(ctx context.Context, prefix string) ([]string, error) {
	pattern := regexp.MustCompile(`[\\*?\[\]^]`).ReplaceAllString(s.value(prefix), `\$0`) + "*"
	var keys []string
	found := s.client.Scan(ctx, 0, pattern, listedOnce).Iterator()
	for found.Next(ctx) {
		keys = append(keys, strings.TrimPrefix(found.Val(), s.value("")))
	}
	slices.Sort(keys)
	return slices.Compact(keys), s.failed(found.Err())
}

// Ping implements fake.Store. While somebody listens it also fails when what others tell cannot be heard.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return s.failed(err)
	}
	if s.listening.Load() && !s.hearing.Load() {
		return s.failed(errors.New("other replicas are not heard yet"))
	}
	return nil
}

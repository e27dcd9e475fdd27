package redisstore_test

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"mockamivoice/fake"
	"mockamivoice/fake/redisstore"
	"mockamivoice/internal/redistest"
)

var _ fake.Store = (*redisstore.Store)(nil)

func TestMain(m *testing.M) {
	redisstore.Quiet()
	goleak.VerifyTestMain(m)
}

const patience = 10 * time.Second

func open(t *testing.T, r *redistest.Redis, namespace string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(t.Context(), r.URL, namespace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestOpenSaysWhatIsWrongAndNothingSecret(t *testing.T) {
	r := redistest.Start(t)
	const canary = "canary-5e0d"
	for name, c := range map[string]struct{ url, namespace, want string }{
		"no scheme":          {"localhost:6379", "", "this names no store: a URL is like redis://HOST:6379/0"},
		"other scheme":       {"http://:" + canary + "@" + r.Address, "", "rediss:// for TLS"},
		"bad port":           {"redis://:" + canary + "@127.0.0.1:port" + canary, "", "a URL is like"},
		"bad escape":         {"redis://:%zz" + canary + "@127.0.0.1", "", "a URL is like"},
		"no host":            {"redis://:" + canary + "@", "", "a URL is like"},
		"slash in password":  {"redis://:" + canary + "/" + canary + "@127.0.0.1", "", "a URL is like"},
		"bad database":       {"redis://:" + canary + "@" + r.Address + "/" + canary, "", "the number of a database"},
		"bad option":         {"redis://:" + canary + "@" + r.Address + "/0?" + canary + "=1", "", "those of go-redis"},
		"wrong password":     {"redis://:" + canary + "@" + r.Address, "", "redis at " + r.Address + ": WRONGPASS"},
		"no password":        {"redis://" + r.Address, "", "NOAUTH"},
		"no such database":   {r.URL + "/99", "", "DB index is out of range"},
		"nobody there":       {"redis://:" + canary + "@127.0.0.1:1", "", "redis at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
		"TLS against none":   {"rediss://:" + canary + "@" + r.Address, "", "redis at " + r.Address},
		"bad namespace":      {r.URL, "a:b", `the namespace "a:b" is not made of`},
		"too long namespace": {r.URL, strings.Repeat("n", 65), "1 to 64 letters"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := redisstore.Open(t.Context(), c.url, c.namespace)
			if err == nil {
				_ = s.Close()
				t.Fatal("it opens")
			}
			if text := err.Error(); !strings.Contains(text, c.want) || strings.Contains(text, canary) || strings.Contains(text, redistest.Password) || strings.Contains(text, "\n") {
				t.Errorf("%s; want %q", text, c.want)
			}
			if answered := strings.Contains(c.want, "redis at") || strings.Contains(c.want, "NOAUTH") || strings.Contains(c.want, "out of range"); errors.Is(err, redisstore.ErrNoStore) == answered {
				t.Errorf("%v: ErrNoStore %v", err, !answered)
			}
		})
	}
}

func TestNamespacesAndDatabasesShareNothing(t *testing.T) {
	r := redistest.Start(t)
	ctx := t.Context()
	one, two := open(t, r, "one"), open(t, r, "two")
	other, err := redisstore.Open(ctx, r.URL+"/3", "one")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	heard := listen(t, two)
	heardOther := listen(t, other)
	if err := one.Put(ctx, "key", []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Count(ctx, "n", 0); err != nil {
		t.Fatal(err)
	}
	if err := one.Tell(ctx, "topic", nil); err != nil {
		t.Error(err)
	}
	for _, s := range []*redisstore.Store{two, other} {
		if _, ok, err := s.Get(ctx, "key"); ok || err != nil {
			t.Errorf("%v %v", ok, err)
		}
		if keys, err := s.Keys(ctx, ""); len(keys) > 0 || err != nil {
			t.Errorf("%q %v", keys, err)
		}
		if n, err := s.Count(ctx, "n", 0); n != 1 || err != nil {
			t.Errorf("%d %v", n, err)
		}
	}
	if got := append(heard(), heardOther()...); len(got) > 0 {
		t.Errorf("heard %q", got)
	}
	client := redis.NewClient(&redis.Options{Addr: r.Address, Password: redistest.Password})
	defer client.Close()
	for _, key := range client.Keys(ctx, "*").Val() {
		if !strings.HasPrefix(key, "mockamivoice:") {
			t.Errorf("a key is called %s", key)
		}
	}
}

// listen returns when s listens, and looks something up whenever it hears something, as replicas do. What it returns is what was heard so far.
func listen(t *testing.T, s *redisstore.Store) func() []string {
	t.Helper()
	var mu sync.Mutex
	var all []string
	begun, ended := make(chan struct{}), make(chan error, 1)
	begin := sync.OnceFunc(func() { close(begun) })
	ctx := t.Context() // ends before the clean-up
	go func() {
		ended <- s.Listen(ctx, func(topic string, message []byte) {
			if _, _, err := s.Get(ctx, "key"); err != nil && ctx.Err() == nil {
				t.Errorf("while it deals with %s: %v", topic, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if topic != "" {
				all = append(all, topic+" "+string(message))
			}
			begin()
		})
	}()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
	<-begun
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, all...)
	}
}

func TestWhatIsToldWasDealtWithByAllOthersInOrder(t *testing.T) {
	r := redistest.Start(t)
	one, two, three := open(t, r, ""), open(t, r, ""), open(t, r, "")
	heard := []func() []string{listen(t, one), listen(t, two), listen(t, three)}
	want := []string{"a 1", "b ", "a \x00\xff"}
	for _, text := range want {
		topic, message, _ := strings.Cut(text, " ")
		if err := one.Tell(t.Context(), topic, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	for n, got := range heard {
		if n == 0 && len(got()) > 0 {
			t.Errorf("it hears itself: %q", got())
		}
		if n > 0 && strings.Join(got(), "|") != strings.Join(want, "|") {
			t.Errorf("replica %d heard %q", n, got())
		}
	}
}

// TestManyWhoTellDoNotKeepEachOtherWaiting: each of them holds a connection while it waits.
func TestManyWhoTellDoNotKeepEachOtherWaiting(t *testing.T) {
	r := redistest.Start(t)
	stores := []*redisstore.Store{open(t, r, ""), open(t, r, "")}
	for _, s := range stores {
		listen(t, s)
	}
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			if err := stores[n%2].Tell(t.Context(), "topic", nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestWhatNoStoreToldIsHandedOnAsUnreadable(t *testing.T) {
	r := redistest.Start(t)
	s := open(t, r, "")
	heard := listen(t, s)
	client := redis.NewClient(&redis.Options{Addr: r.Address, Password: redistest.Password})
	defer client.Close()
	for _, text := range []string{"{", `{"id":"x"}`, "null"} {
		if err := client.Publish(t.Context(), "mockamivoice:default:told@0", text).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(t, r, "").Tell(t.Context(), "last", nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(heard(), "|"); got != `unreadable {|unreadable {"id":"x"}|unreadable null|last ` {
		t.Errorf("heard %q", got)
	}
}

func TestValuesAndCountersEndTheirLives(t *testing.T) {
	r := redistest.Start(t)
	s := open(t, r, "")
	ctx := t.Context()
	if err := s.Put(ctx, "short", []byte("x"), time.Nanosecond); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(ctx, "long", []byte("x"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if swapped, err := s.Swap(ctx, "swapped", nil, []byte("x"), time.Hour); !swapped || err != nil {
		t.Fatal(err)
	}
	if _, err := s.Count(ctx, "counted", time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(ctx, "for ever", []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: r.Address, Password: redistest.Password})
	defer client.Close()
	for key, want := range map[string]time.Duration{"v:long": time.Hour, "v:swapped": time.Hour, "n:counted": time.Hour, "v:for ever": -1} {
		left := client.PTTL(ctx, "mockamivoice:default:"+key).Val()
		if left != want && (left <= want-time.Minute || left > want) {
			t.Errorf("%s lives for %s, want %s", key, left, want)
		}
	}
	for end := time.Now().Add(patience); ; {
		_, ok, err := s.Get(ctx, "short")
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		if time.Now().After(end) {
			t.Fatal("a value outlives its life")
		}
	}
}

func TestAFullRedisIsAFullStore(t *testing.T) {
	s := open(t, redistest.Start(t, "--maxmemory", "1mb"), "")
	for _, keep := range []func() error{
		func() error { return s.Put(t.Context(), "key", make([]byte, 4<<20), 0) },
		func() error {
			_, err := s.Swap(t.Context(), "key", nil, make([]byte, 4<<20), 0)
			return err
		},
		func() error {
			_, err := s.Count(t.Context(), "counter", time.Hour)
			return err
		},
	} {
		var err error
		for range 2 { // the first one may still find room
			err = errors.Join(err, keep())
		}
		if !errors.Is(err, fake.ErrStoreFull) {
			t.Errorf("%v", err)
		}
	}
}

func TestItRecoversWhenRedisComesBack(t *testing.T) {
	r := redistest.Start(t)
	one, two := open(t, r, ""), open(t, r, "")
	begun := make(chan struct{}, 8)
	ended := make(chan error, 1)
	ctx := t.Context()
	go func() {
		ended <- two.Listen(ctx, func(topic string, _ []byte) {
			if topic == "" {
				begun <- struct{}{}
			}
		})
	}()
	t.Cleanup(func() { <-ended })
	<-begun
	r.Stop(t)
	for _, s := range []*redisstore.Store{one, two} {
		err := s.Ping(ctx)
		if err == nil || !strings.Contains(err.Error(), r.Address) || strings.Contains(err.Error(), redistest.Password) {
			t.Errorf("%v", err)
		}
	}
	if err := one.Tell(ctx, "topic", nil); err == nil {
		t.Error("telling works without Redis")
	}
	r.Run(t)
	select {
	case <-begun:
	case <-time.After(patience):
		t.Fatal("it does not listen again")
	}
	if err := one.Put(ctx, "key", []byte("x"), 0); err != nil {
		t.Error(err)
	}
	if err := one.Tell(ctx, "topic", nil); err != nil {
		t.Error(err)
	}
}

// TestItIsNotReadyWhileItDoesNotHear: a Redis that answers commands, but does not let anybody subscribe.
func TestItIsNotReadyWhileItDoesNotHear(t *testing.T) {
	r := redistest.Start(t)
	admin := redis.NewClient(&redis.Options{Addr: r.Address, Password: redistest.Password})
	defer admin.Close()
	ctx := t.Context()
	if err := admin.Do(ctx, "ACL", "SETUSER", "deaf", "on", ">deaf-password", "~*", "+@all", "-subscribe").Err(); err != nil {
		t.Fatal(err)
	}
	s, err := redisstore.Open(ctx, "redis://deaf:deaf-password@"+r.Address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ping(ctx); err != nil {
		t.Fatalf("before it listens: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Listen(ctx, func(string, []byte) { t.Error("it hears something") }) }()
	t.Cleanup(func() { <-ended })
	for end := time.Now().Add(patience); ; {
		if err := s.Ping(ctx); err != nil {
			if !strings.Contains(err.Error(), "not heard yet") {
				t.Error(err)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("it is ready though it hears nothing")
		}
	}
}

// TestADeadConnectionIsNoticed: a proxy that swallows everything from some moment on.
func TestADeadConnectionIsNoticed(t *testing.T) {
	r := redistest.Start(t)
	proxy := startProxy(t, r.Address)
	s, err := redisstore.Open(t.Context(), "redis://:"+redistest.Password+"@"+proxy.address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begun, ended := make(chan struct{}, 8), make(chan error, 1)
	ctx := t.Context()
	go func() {
		ended <- s.Listen(ctx, func(topic string, _ []byte) {
			if topic == "" {
				begun <- struct{}{}
			}
		})
	}()
	t.Cleanup(func() { <-ended })
	<-begun
	proxy.swallow()
	select {
	case <-begun:
	case <-time.After(2 * patience):
		t.Fatal("it goes on to listen where nothing comes")
	}
}

type proxy struct {
	address string
	mu      sync.Mutex
	quiet   []chan struct{} // one for each connection, closed when it is to swallow
}

// swallow lets nothing through any more on the connections that are open now.
func (p *proxy) swallow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.quiet {
		close(one)
	}
	p.quiet = nil
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: l.Addr().String()}
	var all sync.WaitGroup
	var open []net.Conn
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			quiet := make(chan struct{})
			p.mu.Lock()
			p.quiet = append(p.quiet, quiet)
			open = append(open, client, server)
			p.mu.Unlock()
			all.Go(func() { pipe(server, client, quiet) })
			all.Go(func() { pipe(client, server, quiet) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		p.mu.Unlock()
		all.Wait()
	})
	return p
}

func pipe(to, from net.Conn, quiet <-chan struct{}) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			_ = to.Close()
			return
		}
		select {
		case <-quiet:
		default:
			_, _ = to.Write(buf[:n])
		}
	}
}

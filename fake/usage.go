package fake

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mockamivoice/protocol"
)

// usageKeys begins the names of what was heard: usage/<sid>/<yyyymm>/<engine>/<log or nolog>/<replica>. Every replica writes its own.
const usageKeys = "usage/"

// usage counts the speech that was heard. Its methods may be called from any number of goroutines.
type usage struct {
	s       *Server
	replica string

	mu      sync.Mutex
	heard   map[bill]int64 // milliseconds, by this replica
	unsaved map[bill]struct{}
	saving  bool
	rest    *sync.Cond // of mu: saving has become false
}

// bill is what is counted on its own.
type bill struct {
	service, month string // the month as yyyymm, in Japan (assumed)
	plan           protocol.Plan
}

const mostBills = 10_000 // (ours)

func (b bill) prefix() string { return usageKeys + url.PathEscape(b.service) + "/" + b.month + "/" }

func (b bill) key(replica string) string {
	log := "log"
	if b.plan.NoLog {
		log = "nolog"
	}
	return b.prefix() + b.plan.Engine + "/" + log + "/" + replica
}

func (u *usage) init(s *Server) {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	u.rest = sync.NewCond(&u.mu)
	u.s, u.replica = s, hex.EncodeToString(id[:])
	u.heard, u.unsaved = make(map[bill]int64), make(map[bill]struct{})
}

// add counts an utterance. (documented: detected speech is billed, for each engine, with and without a log)
func (u *usage) add(r recognition, ms int) {
	if r.service == "" || r.engine == "" || ms <= 0 {
		return
	}
	japan := time.FixedZone("JST", 9*60*60)
	b := bill{r.service, u.s.clock.Now().In(japan).Format("200601"), protocol.Plan{Engine: r.engine, NoLog: r.noLog}}
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.heard[b]; !known && len(u.heard) >= mostBills {
		return
	}
	u.heard[b] += int64(ms)
	u.unsaved[b] = struct{}{}
	if !u.saving {
		u.saving = true
		go u.saveAll() // so that no client waits for the store
	}
}

// saveAll goes on until everything that was heard is in the store.
func (u *usage) saveAll() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for len(u.unsaved) > 0 {
		u.save()
	}
	u.saving = false
	u.rest.Broadcast()
}

// settle returns when what was heard until now is in the store. mu is held.
func (u *usage) settle() {
	for u.saving {
		u.rest.Wait()
	}
}

// close settles for the last time.
func (u *usage) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.settle()
}

// save puts the newest counts into the store. mu is held, but not while the store is at work.
func (u *usage) save() {
	values := make(map[string]int64, len(u.unsaved))
	for b := range u.unsaved {
		values[b.key(u.replica)] = u.heard[b]
	}
	clear(u.unsaved)
	u.mu.Unlock()
	defer u.mu.Lock()
	ctx, cancel := context.WithTimeout(context.Background(), storePatience)
	defer cancel()
	for key, ms := range values {
		if err := u.s.store.Put(ctx, key, strconv.AppendInt(nil, ms, 10), 0); err != nil {
			u.s.log.Warn("usage is not in the store", "error", err) // the next utterance of the plan tries again
		}
	}
}

func (u *usage) reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.settle() // so that nothing comes into the store behind this
	clear(u.heard)
	clear(u.unsaved)
}

// rows are the counts of a service in a month, of all replicas.
func (u *usage) rows(ctx context.Context, service, month string) ([]protocol.UsageRow, error) {
	prefix := bill{service: service, month: month}.prefix()
	keys, err := u.s.store.Keys(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list usage: %w", err)
	}
	sums := u.own(service, month)
	for _, key := range keys {
		parts := strings.Split(strings.TrimPrefix(key, prefix), "/")
		if len(parts) != 3 || parts[2] == u.replica {
			continue
		}
		data, _, err := u.s.store.Get(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("read usage: %w", err)
		}
		ms, _ := strconv.ParseInt(string(data), 10, 64) // one that was forgotten meanwhile is 0
		sums[protocol.Plan{Engine: parts[0], NoLog: parts[1] == "nolog"}] += ms
	}
	const second = 1000
	var rows []protocol.UsageRow
	for plan, ms := range sums {
		rows = append(rows, protocol.UsageRow{
			Month: month, Account: service, Plan: plan.Name(), Milliseconds: protocol.Some(ms), Identifier: "s", Seconds: protocol.Some((ms + second - 1) / second),
		})
	}
	slices.SortFunc(rows, func(a, b protocol.UsageRow) int { return strings.Compare(a.Plan, b.Plan) })
	return rows, nil
}

func (u *usage) own(service, month string) map[protocol.Plan]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	sums := make(map[protocol.Plan]int64)
	for b, ms := range u.heard {
		if b.service == service && b.month == month {
			sums[b.plan] += ms
		}
	}
	return sums
}

// serveUsage is GET /util/api/downloadusage/<account>/<yyyymm>: what this server has heard. The vendor documents it nowhere for
// customers. (observed: a guide to a sample of the vendor)
func (s *Server) serveUsage(w http.ResponseWriter, r *http.Request) {
	s.wordsRequest(r).serve(w, (*wordsRequest).usage)
}

func (q *wordsRequest) usage() reply {
	if q.x.r.Method != http.MethodGet {
		return q.failed(protocol.MethodNotAllowed(protocol.SurfaceWords, q.x.r.Method).On(protocol.Assumed))
	}
	if e := q.refusal(); e != nil {
		return q.failed(e.On(protocol.Assumed))
	}
	account, month, _ := strings.Cut(strings.TrimPrefix(q.x.r.URL.Path, protocol.PathUsage), "/")
	if _, err := time.Parse("200601", month); err != nil || len(month) != len("yyyymm") {
		q.x.tolerate("the path ends in no month like 202607")
		return q.failed(protocol.NewError(protocol.WordsBadMonth))
	}
	service := q.grant.claims.Service
	if account != service && account != "Ami."+service {
		return q.refuse(protocol.WordsUnauthorized, errors.New("the account in the path is not the service of the key")).on(protocol.Assumed)
	}
	if want := protocol.UsagePath(service, month); want != q.x.r.URL.Path {
		q.x.tolerate("the account of this service is written so: " + want)
	}
	rows, err := q.x.s.usage.rows(q.x.r.Context(), service, month)
	if err != nil {
		return q.refuse(protocol.WordsFault, err)
	}
	q.x.tolerate("the vendor documents this list nowhere for customers, and may change it; it counts what this server has heard")
	return reply{http.StatusOK, "text/csv; charset=utf-8", protocol.AppendUsage(nil, rows), protocol.Observed}
}

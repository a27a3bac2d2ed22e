package gitobject

import (
	"container/list"
	"sync"
)

// place is where an object is stored.
type place struct {
	pack   *Pack
	offset int64
}

// cache keeps objects out of packs that others are made of, the last used ones, up to a number of
// bytes.
type cache struct {
	mu     sync.Mutex
	limit  int64
	held   int64
	order  list.List // of *cached, the last used first
	places map[place]*list.Element
}

type cached struct {
	at      place
	kind    Type
	content []byte
}

// Each object is charged for its bookkeeping too, so that many empty ones are bounded.
const cacheOverhead = 200

func newCache(limit int64) *cache {
	return &cache{limit: limit, places: map[place]*list.Element{}}
}

func (c *cache) get(at place) (Type, []byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.places[at]
	if !ok {
		return 0, nil, false
	}
	c.order.MoveToFront(e)
	o := e.Value.(*cached)
	return o.kind, o.content, true
}

// put keeps an object unless it alone would push out much of what is kept.
func (c *cache) put(at place, kind Type, content []byte) {
	cost := int64(cap(content)) + cacheOverhead
	if cost > c.limit/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.places[at]; ok {
		return
	}
	c.places[at] = c.order.PushFront(&cached{at, kind, content})
	for c.held += cost; c.held > c.limit; {
		last := c.order.Back()
		o := c.order.Remove(last).(*cached)
		delete(c.places, o.at)
		c.held -= int64(cap(o.content)) + cacheOverhead
	}
}

package history

import "sync"

// crew is some workers and the jobs for them. A job may add others while it runs, so that one large
// family of objects does not keep one worker busy and the others idle.
type crew struct {
	size int

	mu     sync.Mutex
	wake   *sync.Cond
	next   []func(*worker) // taken from the end: what was split off last is in the cache
	jobs   []func(*worker) // taken from the front: in the order of the file
	busy   int
	asleep int
}

func newCrew(size int) *crew {
	c := &crew{size: size}
	c.wake = sync.NewCond(&c.mu)
	return c
}

// add is for jobs before the crew runs.
func (c *crew) add(job func(*worker)) { c.jobs = append(c.jobs, job) }

// hungry says whether a worker has nothing to do.
func (c *crew) hungry() bool {
	if c.size == 1 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asleep > len(c.next)
}

// share gives a job to whoever has nothing to do.
func (c *crew) share(job func(*worker)) {
	c.mu.Lock()
	c.next = append(c.next, job)
	c.mu.Unlock()
	c.wake.Signal()
}

// run returns when all jobs are done.
func (c *crew) run() {
	var all sync.WaitGroup
	for range c.size {
		all.Go(func() {
			w := &worker{crew: c}
			for job := c.take(); job != nil; job = c.take() {
				job(w)
				c.done()
			}
		})
	}
	all.Wait()
}

// take waits for a job; nil when there will be none.
func (c *crew) take() func(*worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if n := len(c.next); n > 0 {
			job := c.next[n-1]
			c.next = c.next[:n-1]
			c.busy++
			return job
		}
		if len(c.jobs) > 0 {
			job := c.jobs[0]
			c.jobs = c.jobs[1:]
			c.busy++
			return job
		}
		if c.busy == 0 {
			return nil
		}
		c.asleep++
		c.wake.Wait()
		c.asleep--
	}
}

func (c *crew) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy--; c.busy == 0 {
		c.wake.Broadcast()
	}
}

// worker is what one goroutine has of its own.
type worker struct {
	crew *crew
	free [][]byte // buffers to make contents in
	held int      // bytes of them
	code []byte   // the instructions that are being read
	jobs int
}

// buffer is a buffer to make a content in.
func (w *worker) buffer() []byte {
	n := len(w.free)
	if n == 0 {
		return nil
	}
	b := w.free[n-1]
	w.free, w.held = w.free[:n-1], w.held-cap(b)
	return b
}

// Buffers that are kept for later: a few.
const (
	maxFree = 8
	maxHeld = 16 << 20
)

// back takes a buffer that nobody reads any more.
func (w *worker) back(b []byte) {
	if len(w.free) < maxFree && cap(b) > 0 && w.held+cap(b) <= maxHeld {
		w.free, w.held = append(w.free, b), w.held+cap(b)
	}
}

// often is after how many objects the time is asked for.
const often = 32

// stops reports whether the rest is not to be looked at.
func (w *worker) stops(s *scan) bool {
	if cap(w.code) > maxHeld {
		w.code = nil
	}
	w.jobs++
	return s.over.Load() || w.jobs%often == 1 && s.stopped()
}

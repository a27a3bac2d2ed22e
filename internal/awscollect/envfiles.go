package awscollect

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/keysweep/keysweep/internal/inventory"
)

// fileService is where the environment files of tasks are kept.
var fileService = &service{name: "s3", id: "S3"}

// fileAtMost is the largest environment file that is read, in bytes.
const fileAtMost = 1 << 20

// envFiles reads environment files of tasks. It is done where the role is granted it, which only asking
// tells: until one was read, or the role was said not to be allowed, one is asked for at a time.
type envFiles struct {
	mu    sync.Mutex // held while it is not known whether the role is granted it
	known bool
	off   bool // the role is not granted it
	// doubtful are the regions in which a file was refused when it was not known yet whose doing that is.
	doubtful map[*region]error
}

func newEnvFiles() *envFiles { return &envFiles{doubtful: map[*region]error{}} }

// errNotGranted stands for a call that was not made, since the role was not granted it before.
var errNotGranted = &Error{Code: CodeRefused, Cause: "the role is not granted it"}

// envFile is an environment file by its place.
type envFile struct{ bucket, key string }

var bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// fileOf reads the ARN of an object: arn:aws:s3:::BUCKET/KEY.
func (r *region) fileOf(arn string) (envFile, bool) {
	rest, ok := strings.CutPrefix(arn, "arn:"+r.v.c.partition+":s3:::")
	bucket, key, has := strings.Cut(rest, "/")
	return envFile{bucket, key}, ok && has && key != "" && bucketForm.MatchString(bucket)
}

// envFile adds an environment file to the text; false where it was not read. One that is not there
// holds nothing.
func (r *region) envFile(ctx context.Context, h *haystack, part, arn string) bool {
	f, ok := r.fileOf(arn)
	if !ok {
		r.miss(inventory.FactComputeKeys, actObject, &Error{Code: CodeFault, Cause: "an environment file is named in a way that is not known"})
		return false
	}
	body, err := r.files.read(ctx, r, f)
	if err != nil {
		return noSuchFile(err)
	}
	h.passage(inventory.InFile, part, body)
	clear(body)
	return true
}

// noSuchFile reports whether an error says that there is no such object.
func noSuchFile(err error) bool {
	code := describe(err).code
	return code == "NoSuchKey" || code == "NoSuchBucket"
}

// read gets one file, and learns from the answer whether the role is granted it.
func (e *envFiles) read(ctx context.Context, r *region, f envFile) ([]byte, error) {
	e.mu.Lock()
	if e.known {
		e.mu.Unlock()
		if e.off {
			return nil, errNotGranted
		}
		body, err := r.object(ctx, f)
		if err != nil {
			e.miss(r, err)
		}
		return body, err
	}
	defer e.mu.Unlock()
	body, err := r.object(ctx, f)
	switch {
	case err == nil || describe(err).kind != kindRefused:
		e.known = true
		e.miss(r, err)
	case ungranted(err):
		e.known, e.off = true, true
	default:
		// S3 often does not say whose policy it was, and refuses what is not there to who may not list.
		e.doubtful[r] = err
	}
	return body, err
}

// miss notes that a file was not read, unless it is not there.
func (e *envFiles) miss(r *region, err error) {
	if err != nil && !noSuchFile(err) {
		r.miss(inventory.FactComputeKeys, actObject, err)
	}
}

// settle tells of the files that were refused before the role was known to be granted it.
func (e *envFiles) settle() {
	if !e.known || e.off {
		return
	}
	for r, err := range e.doubtful {
		r.miss(inventory.FactComputeKeys, actObject, err)
	}
}

// object gets an object from S3.
func (r *region) object(ctx context.Context, f envFile) (body []byte, err error) {
	w := r.wire
	w.service = fileService
	err = r.ask(ctx, actObject, func() error {
		body, err = w.object(ctx, "/"+f.bucket+"/"+f.key, fileAtMost)
		return err
	})
	return body, err
}

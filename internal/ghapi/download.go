package ghapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-github/v62/github"
)

// Download is a file that GitHub keeps elsewhere, while it comes. It must be closed.
type Download struct {
	io.ReadCloser
	// Size is its length in bytes; -1 where that is not said.
	Size int64
}

// pauseAfterFault is how long a store is given to recover.
const pauseAfterFault = 2 * time.Second

// elsewhere is the status by which GitHub names the place of a file.
const elsewhere = http.StatusFound

// download asks the API for a file and fetches it from where GitHub says it is. That is a store of somebody else,
// and the address itself is what lets it be read: the token does not go there. Small files may come at once.
func (c *Client) download(ctx context.Context, doing, path, accept string) (*Download, error) {
	req, err := c.gh.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	asking := &http.Client{Transport: c.tr, CheckRedirect: toOtherNames}
	resp, err := asking.Do(req.WithContext(withAnswer(ctx, maxBlobAnswer)))
	if err != nil {
		return nil, c.explain(doing, path, err)
	}
	if resp.StatusCode != elsewhere {
		return c.atOnce(doing, path, resp)
	}
	resp.Body.Close()
	place, err := resp.Location()
	if err != nil {
		return nil, fmt.Errorf("%s: GitHub does not say where it is: %w", doing, err)
	}
	return c.fetch(ctx, doing, place)
}

// toOtherNames follows a repository to its new name, and no other redirect.
func toOtherNames(req *http.Request, via []*http.Request) error {
	if req.Response.StatusCode == elsewhere || len(via) > 3 || req.URL.Host != via[0].URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// atOnce is an answer of the API itself: the file, or why there is none.
func (c *Client) atOnce(doing, path string, resp *http.Response) (*Download, error) {
	if err := github.CheckResponse(resp); err != nil {
		return nil, c.explain(doing, path, err)
	}
	return &Download{resp.Body, resp.ContentLength}, nil
}

// fetch gets a file from where it is kept.
func (c *Client) fetch(ctx context.Context, doing string, place *url.URL) (*Download, error) {
	if place.Scheme != "https" && place.Scheme != c.gh.BaseURL.Scheme {
		return nil, fmt.Errorf("%s: GitHub keeps it where the line is not encrypted", doing)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: the place that GitHub gives is no address", doing)
	}
	resp, err := c.store(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, &StatusError{Doing: doing, Status: resp.StatusCode, Message: "from " + place.Host, kind: kindOf(resp.StatusCode, "")}
	}
	return &Download{resp.Body, resp.ContentLength}, nil
}

// store asks a store, twice where the line breaks. What an error says of the address is left out: who has it may read
// the file.
func (c *Client) store(req *http.Request) (*http.Response, error) {
	keeping := &http.Client{Transport: c.tr.base}
	resp, err := keeping.Do(req)
	if err != nil && req.Context().Err() == nil || err == nil && resp.StatusCode >= http.StatusInternalServerError {
		if err == nil {
			resp.Body.Close()
		}
		if err := c.tr.sleep(req.Context(), pauseAfterFault); err != nil {
			return nil, err
		}
		resp, err = keeping.Do(req.Clone(req.Context()))
	}
	var broken *url.Error
	if errors.As(err, &broken) {
		err = broken.Err
	}
	return resp, err
}

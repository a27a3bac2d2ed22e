// Command cutranges makes ec2.txt of package keyuse from AWS's list of address ranges:
//
//	go run ./internal/keyuse/cutranges ip-ranges.json > internal/keyuse/ec2.txt
//
// The list is https://ip-ranges.amazonaws.com/ip-ranges.json. Only the ranges of EC2 are kept, by region, with those
// that touch made one.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// list is what is read of AWS's file.
type list struct {
	Created string  `json:"createDate"` // 2026-10-26-17-04-05
	V4      []entry `json:"prefixes"`
	V6      []entry `json:"ipv6_prefixes"`
}

type entry struct {
	V4      netip.Prefix `json:"ip_prefix"`
	V6      netip.Prefix `json:"ipv6_prefix"`
	Region  string       `json:"region"`
	Service string       `json:"service"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cutranges ip-ranges.json")
		os.Exit(2)
	}
	if err := cut(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cutranges:", err)
		os.Exit(1)
	}
}

func cut(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var l list
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("reading %q: %w", name, err)
	}
	if len(l.Created) < len("2026-10-26") {
		return fmt.Errorf("%q does not say when it was made", name)
	}
	byRegion := map[string][]netip.Prefix{}
	for _, e := range append(l.V4, l.V6...) {
		if e.Service != "EC2" {
			continue
		}
		p := e.V4
		if !p.IsValid() {
			p = e.V6
		}
		byRegion[e.Region] = append(byRegion[e.Region], p.Masked())
	}
	w := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(w, "# The addresses that AWS gives to EC2, by region, as its list of %s has them.\n", l.Created[:len("2026-10-26")])
	for _, region := range slices.Sorted(maps.Keys(byRegion)) {
		var words []string
		for _, p := range collapse(byRegion[region]) {
			words = append(words, p.String())
		}
		fmt.Fprintln(w, region, strings.Join(words, " "))
	}
	return w.Flush()
}

// collapse sorts prefixes, drops those that others hold, and joins halves.
func collapse(all []netip.Prefix) []netip.Prefix {
	slices.SortFunc(all, netip.Prefix.Compare)
	var out []netip.Prefix
	for _, p := range all {
		if n := len(out); n > 0 && out[n-1].Overlaps(p) {
			continue // the one that came first is the larger one
		}
		out = append(out, p)
		for n := len(out); n > 1 && halves(out[n-2], out[n-1]); n = len(out) {
			whole, _ := out[n-2].Addr().Prefix(out[n-2].Bits() - 1)
			out = append(out[:n-2], whole)
		}
	}
	return out
}

// halves reports whether two prefixes together are one.
func halves(a, b netip.Prefix) bool {
	if a.Bits() != b.Bits() || a.Bits() == 0 || a.Addr() == b.Addr() {
		return false
	}
	x, _ := a.Addr().Prefix(a.Bits() - 1)
	y, _ := b.Addr().Prefix(b.Bits() - 1)
	return x == y
}

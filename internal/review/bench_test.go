package review

import (
	"fmt"
	"testing"
)

// BenchmarkReview judges and says 1,000 additions.
func BenchmarkReview(b *testing.B) {
	in := input()
	for i := range 1000 {
		in.Outcome.Changes = append(in.Outcome.Changes, key(fmt.Sprint("k", i), "keys.tf", i+1))
	}
	for b.Loop() {
		v := Judge(in)
		if len(v.Comment())+len(v.Summary()) == 0 {
			b.Fatal("nothing was said")
		}
	}
}

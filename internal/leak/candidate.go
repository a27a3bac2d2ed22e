package leak

// Candidate reports whether a key stands in a piece of a text, or may: it is wrong only by saying
// yes. What is asked of a key that depends on the rest of the text is not looked at.
func (d *Detector) Candidate(piece []byte) bool {
	s := d.search()
	defer d.pool.Put(s)
	s.window(piece, 0, len(piece))
	return len(s.hits) > 0
}

// MustBeWhole reports whether a text means something else where its beginning is another, so that no
// piece of it can be looked at alone: it is UTF-16.
func MustBeWhole(text []byte) bool {
	wide, _ := isUTF16(text[:min(len(text), headSize)])
	return wide
}

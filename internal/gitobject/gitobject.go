// Package gitobject reads git repositories without a git program: loose and packed objects
// become blobs, trees, commits and tags, names become ids, and two trees become the paths in
// which they differ. Review and scan stand on it.
//
// It is pure. Everything it reads comes through a file system that is handed in; package gitdir
// opens real folders. It never writes, runs nothing, asks no clock, and knows nothing of keys.
//
// What a repository holds is outside data. Every length, offset and reference in it may lie, so
// that sizes are believed only when the bytes have come, chains and nestings are counted, and
// whatever is wrong is a [CorruptError], a [LimitError] or a [MissingError], never a panic and
// never a shorter answer. Bytes that are returned by id have been hashed: they are that object.
//
// Replacement refs (refs/replace) and grafts are not followed: the objects are those that the ids
// name. Byte slices that are returned may be shared with a cache and must not be changed. All
// methods may be called from several goroutines at once.
package gitobject

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
)

// Format is the hash that names the objects of a repository.
type Format uint8

// The two formats that git knows.
const (
	SHA1 Format = iota + 1
	SHA256
)

const (
	sha1Size   = sha1.Size
	sha256Size = sha256.Size
)

// Size is the length of an id in bytes.
func (f Format) Size() int {
	if f == SHA256 {
		return sha256Size
	}
	return sha1Size
}

// String is the name that git's configuration uses.
func (f Format) String() string {
	if f == SHA256 {
		return "sha256"
	}
	return "sha1"
}

func (f Format) hash() hash.Hash {
	if f == SHA256 {
		return sha256.New()
	}
	return sha1.New()
}

// EmptyTree is the id of the tree that holds nothing. It can be used in every repository, whether
// or not the object was ever written.
func (f Format) EmptyTree() ID { return f.Sum(TypeTree, nil) }

// Sum is the id of an object with this content.
func (f Format) Sum(t Type, content []byte) ID {
	var head [32]byte
	b := append(head[:0], t.String()...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(content)), 10)
	h := f.hash()
	h.Write(append(b, 0))
	h.Write(content)
	var sum [sha256Size]byte
	return idFrom(h.Sum(sum[:0]))
}

// ID names an object. It can be compared and used as a key; the zero value is no id.
type ID struct {
	size uint8
	sum  [sha256Size]byte
}

// idFrom takes the bytes of an id, of either format.
func idFrom(b []byte) ID {
	id := ID{size: uint8(len(b))}
	copy(id.sum[:], b)
	return id
}

// RawID takes the 20 or 32 bytes of an id, as a tree holds them.
func RawID(b []byte) ID { return idFrom(b) }

// Raw are the 20 or 32 bytes of the id.
func (id ID) Raw() []byte { return id.sum[:id.size] }

// ParseID reads the 40 or 64 hexadecimal digits of a whole id.
func ParseID(s string) (ID, error) {
	var b [sha256Size]byte
	if len(s) != 2*sha1Size && len(s) != 2*sha256Size {
		return ID{}, fmt.Errorf("%q is no object id: it has %d characters, an id has 40 or 64", clip(s), len(s))
	}
	n, err := hex.Decode(b[:], []byte(s))
	if err != nil {
		return ID{}, fmt.Errorf("%q is no object id: %w", s, err)
	}
	return idFrom(b[:n]), nil
}

// parse reads an id of this format alone.
func (f Format) parse(s string) (ID, bool) {
	if len(s) != 2*f.Size() {
		return ID{}, false
	}
	id, err := ParseID(s)
	return id, err == nil
}

// String is the id in hexadecimal digits, empty for no id.
func (id ID) String() string { return hex.EncodeToString(id.sum[:id.size]) }

// IsZero says that it is no id, or git's id of zeros, which stands for none.
func (id ID) IsZero() bool { return id.sum == [sha256Size]byte{} }

// Format is the format that the id is of.
func (id ID) Format() Format {
	if id.size == sha256Size {
		return SHA256
	}
	return SHA1
}

func (id ID) bytes() []byte { return id.sum[:id.size] }

// Compare orders ids by their bytes.
func (id ID) Compare(other ID) int { return bytes.Compare(id.bytes(), other.bytes()) }

// Type is the kind of an object or, inside a pack, of the form it is stored in.
type Type uint8

// The numbers are those of the pack format.
const (
	TypeCommit      Type = 1
	TypeTree        Type = 2
	TypeBlob        Type = 3
	TypeTag         Type = 4
	TypeOffsetDelta Type = 6 // stored as a difference to an earlier object of the same pack
	TypeRefDelta    Type = 7 // stored as a difference to an object that is named by its id
)

// String is the name that git gives the type.
func (t Type) String() string {
	switch t {
	case TypeCommit:
		return "commit"
	case TypeTree:
		return "tree"
	case TypeBlob:
		return "blob"
	case TypeTag:
		return "tag"
	case TypeOffsetDelta:
		return "offset delta"
	case TypeRefDelta:
		return "reference delta"
	}
	return "type " + strconv.Itoa(int(t))
}

// IsDelta says that the type is a form of storage, not a kind of object.
func (t Type) IsDelta() bool { return t == TypeOffsetDelta || t == TypeRefDelta }

func parseType(name string) (Type, bool) {
	for _, t := range []Type{TypeCommit, TypeTree, TypeBlob, TypeTag} {
		if t.String() == name {
			return t, true
		}
	}
	return 0, false
}

// Mode is what an entry of a tree is. It is always one of the five constants: git, too, keeps of
// the permissions of a file only whether it can be executed.
type Mode uint32

// The modes of tree entries.
const (
	ModeTree       Mode = 0o040000
	ModeFile       Mode = 0o100644
	ModeExecutable Mode = 0o100755
	ModeSymlink    Mode = 0o120000
	ModeSubmodule  Mode = 0o160000 // the id is a commit of another repository
)

// String is the mode in six octal digits.
func (m Mode) String() string { return fmt.Sprintf("%06o", uint32(m)) }

// IsBlob says that the id of the entry is a blob: a file or the target of a symbolic link.
func (m Mode) IsBlob() bool {
	return m == ModeFile || m == ModeExecutable || m == ModeSymlink
}

// canonical is the constant for a mode as a tree has it. Old versions of git, and other programs,
// wrote more permissions than two.
func canonical(bits uint32) (Mode, bool) {
	switch bits & 0o170000 {
	case 0o040000:
		return ModeTree, true
	case 0o120000:
		return ModeSymlink, true
	case 0o160000:
		return ModeSubmodule, true
	case 0o100000:
		if bits&0o100 != 0 {
			return ModeExecutable, true
		}
		return ModeFile, true
	}
	return 0, false
}

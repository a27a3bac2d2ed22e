// Package declare finds the IAM users, access keys and other long-lived credentials that the
// files of a repository declare, and compares two states of them: what will exist that did not.
//
// It is pure: files in, declarations and changes out. It knows neither git nor GitHub nor a
// terminal; a Tree hands it the files. All it reads is hostile.
package declare

// Kind is what a declaration makes.
type Kind string

// The kinds, as the contract of review words them.
const (
	User              Kind = "iam-user"
	AccessKey         Kind = "access-key"
	LoginProfile      Kind = "login-profile"
	ServiceCredential Kind = "service-specific-credential"
	SSHKey            Kind = "ssh-public-key"
	Certificate       Kind = "signing-certificate"
	HardcodedKey      Kind = "hardcoded-access-key"
	StaticKeyUse      Kind = "static-key-use"
)

// Confidence says how sure it is that the declaration makes what it says.
type Confidence string

// The confidences, surest first.
const (
	Certain  Confidence = "certain"  // the text decides
	Likely   Confidence = "likely"   // defaults decide: conditions, variables, module switches
	Possible Confidence = "possible" // it cannot be known
)

// Declaration is one thing that a state of the repository makes.
type Declaration struct {
	Kind Kind
	// Form is the language: terraform, terraform-plan, terragrunt, terraform-stack,
	// cloudformation, sam, serverless, ebextensions, kubernetes, ansible, salt, puppet,
	// pulumi-yaml, org-formation, github-workflow, ….
	Form string
	// Root is what the address is unique in: the folder of the root module, the template's path.
	Root string
	// Address is the stable name within Root and Form: aws_iam_user.ci["alice"],
	// module.ci.aws_iam_access_key.this, Resources.Key, the literal key id.
	Address string
	// Name is the resolved name of the user or credential; empty when it cannot be resolved.
	Name string
	// Owner says whose credential it is, comparable within Root: the address or resolved name
	// of its user. Empty for users and where it is not known.
	Owner string
	// Path and Line are where the addition is made: the resource, or the call of a module, or
	// the entry of a map. Line counts from 1.
	Path string
	Line int
	// Places are all the places that have a part in it, the most telling first: the entries of maps,
	// the calls of modules, the resource, what decides on its number. Diff takes the first of them
	// that the change itself wrote for Path and Line. Empty where there is one place only.
	Places []Place
	// Count is how many of it this declaration makes; 1 where it cannot be known.
	Count      int
	Confidence Confidence
	// Body is a digest of everything that the block says apart from its labels, comments and
	// formatting: blocks that are otherwise equal have the same.
	Body string
	// Generation is a word of the text that makes a new credential in place of the old one when
	// it changes (the Serial of CloudFormation); empty where there is none.
	Generation string
	// MovedFrom are earlier addresses that the state names itself (moved, aliases).
	MovedFrom []string
	// Imported says that the state adopts something that exists.
	Imported bool
	// Inactive keys are declared and switched off: no addition. Their activation is one.
	Inactive bool
	// Observed says that the state only looks at something that exists, and makes nothing. Where a
	// later state manages the same, it adopts it.
	Observed bool
	// Idempotent says that declaring it a second time within its root, by the same address, makes no
	// second one.
	Idempotent bool
	// Why is one sentence for the reader: what makes it, and what was assumed.
	Why string
}

// Place is a line of a file, counted from 1.
type Place struct {
	Path string
	Line int
}

// NotAnalysed is a file that could hold a declaration and was not read.
type NotAnalysed struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Tree is one state of a repository. Paths are slash-separated and relative, without "." and
// "..". A path that leads out of the tree does not exist.
type Tree interface {
	// List returns the entries of a folder, sorted by name; "." is the root. An unknown folder is
	// an error that is fs.ErrNotExist.
	List(dir string) ([]Entry, error)
	// Read returns the content of a regular file. A symbolic link within the tree is followed.
	// An unknown path is an error that is fs.ErrNotExist.
	Read(path string) ([]byte, error)
}

// Entry is one entry of a folder.
type Entry struct {
	Name string
	Type EntryType
	Size int64 // bytes; -1 when it is not known
}

// EntryType says what an entry is.
type EntryType int

// The types of entries.
const (
	Regular EntryType = iota
	Folder
	Symlink
	Submodule
)

// Extraction is all that one state declares, as far as it was looked at.
type Extraction struct {
	Declarations []Declaration
	NotAnalysed  []NotAnalysed
}

// Change is one row of keysweep/review/v1.
type Change struct {
	Change     string     `json:"change"` // added, replaced, rotated, moved, imported, removed
	Kind       Kind       `json:"kind"`
	Form       string     `json:"form"`
	Address    string     `json:"address"`
	Name       string     `json:"name"`
	Path       string     `json:"path"`
	Line       int        `json:"line"`
	Count      int        `json:"count"`
	Confidence Confidence `json:"confidence"`
	Why        string     `json:"why"`
	// Owner is whose credential it is, as of a Declaration. It is for advice, and no part of the document.
	Owner string `json:"-"`
}

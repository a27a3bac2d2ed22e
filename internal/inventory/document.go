package inventory

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Encode writes an account as a saved inventory: indented JSON that ends in a newline. The
// same facts give the same bytes, in whatever order and time zone they came. The
// account itself is not changed.
func Encode(a *Account) ([]byte, error) {
	c := a.canonical()
	out, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the inventory of account %q: %w", a.ID, err)
	}
	return append(out, '\n'), nil
}

// Decode reads a saved inventory. Fields that it does not know are left out, so that an
// older program reads what a newer one saved under the same schema. Text that is no
// inventory, another schema, and ids, names and times that cannot be are one error with
// the name of the file, and the line or the field.
func Decode(name string, data []byte) (*Account, error) {
	var a Account
	if err := unmarshal(data, &a); err != nil {
		return nil, inventoryFault(name, "%v", err)
	}
	if a.Schema != Schema {
		return nil, inventoryFault(name, "schema: it is %q, this program reads %q", clip(a.Schema), Schema)
	}
	if err := a.validate(); err != nil {
		return nil, inventoryFault(name, "%v", err)
	}
	return a.canonical(), nil
}

func inventoryFault(name, format string, args ...any) error {
	return fmt.Errorf("inventory %q: %s: save it again with keysweep audit", name, fmt.Sprintf(format, args...))
}

func unmarshal(data []byte, a *Account) error {
	err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), a)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: it is no JSON (%v)", lineAt(data, syntax.Offset), syntax)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s: what stands there is of the wrong kind (%s)", lineAt(data, kind.Offset), cmp.Or(kind.Field, "the document"), kind.Value)
	}
	// A time that cannot be read comes without its place.
	var tree any
	if json.Unmarshal(data, &tree) == nil {
		if field, value := badTime(tree, "", ""); field != "" {
			return fmt.Errorf("%s: %q is no time such as 2026-09-11T13:14:52Z", field, clip(value))
		}
	}
	return err
}

func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(int64(len(data)), max(0, offset))], []byte("\n"))
}

// timeFields are the names of all fields that hold times.
var timeFields = []string{
	"collected_at", "report_generated_at", "created", "password_last_used", "time",
	"set", "last_used", "uploaded", "expires", "scanned_at", "since", "last",
}

// badTime finds the first time field whose text is no time, in the order of its path.
func badTime(v any, path, name string) (field, value string) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if k == "tags" {
				continue // whose names are anybody's
			}
			at := k
			if path != "" {
				at = path + "." + k
			}
			if field, value = badTime(v[k], at, k); field != "" {
				return field, value
			}
		}
	case []any:
		for i, e := range v {
			if field, value = badTime(e, fmt.Sprintf("%s[%d]", path, i), ""); field != "" {
				return field, value
			}
		}
	case string:
		if _, err := time.Parse(time.RFC3339, v); err != nil && slices.Contains(timeFields, name) {
			return path, v
		}
	}
	return "", ""
}

// Sort puts everything in the account into the one order that all outputs have.
func (a *Account) Sort() {
	slices.SortStableFunc(a.Missing, func(x, y Missing) int {
		return cmp.Or(cmp.Compare(x.Fact, y.Fact), cmp.Compare(x.User, y.User),
			cmp.Compare(x.Credential, y.Credential), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Region, y.Region),
			cmp.Compare(x.Action, y.Action), cmp.Compare(x.Cause, y.Cause))
	})
	slices.SortStableFunc(a.Addresses, CompareAddresses)
	a.Compute.sort()
	sortKeys(a.Root.Keys)
	slices.SortStableFunc(a.Root.Events, func(x, y RootEvent) int {
		return cmp.Or(y.Time.Compare(x.Time), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Name, y.Name),
			cmp.Compare(x.Region, y.Region), cmp.Compare(x.Address, y.Address),
			cmp.Compare(x.Agent, y.Agent), cmp.Compare(x.KeyID, y.KeyID))
	})
	slices.SortStableFunc(a.Users, func(x, y User) int { return cmp.Compare(x.Name, y.Name) })
	for i := range a.Users {
		a.Users[i].sort()
	}
}

func (u *User) sort() {
	slices.Sort(u.Groups)
	slices.SortStableFunc(u.Policies, func(x, y UserPolicy) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Via, y.Via), cmp.Compare(x.ARN, y.ARN))
	})
	sortKeys(u.Keys)
	slices.SortStableFunc(u.Certificates, func(x, y Certificate) int {
		return cmp.Or(cmp.Compare(x.Slot, y.Slot), cmp.Compare(x.ID, y.ID))
	})
	slices.SortStableFunc(u.SSHKeys, func(x, y SSHKey) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortStableFunc(u.Services, func(x, y ServiceCredential) int { return cmp.Compare(x.ID, y.ID) })
	sortCalled(u.Called)
}

// canonical is a copy that shares nothing with a that it changes: sorted, times in UTC,
// lists that JSON always shows never nil.
func (a *Account) canonical() *Account {
	c := *a
	c.Schema = Schema
	c.CollectedAt, c.ReportGeneratedAt = a.CollectedAt.UTC(), a.ReportGeneratedAt.UTC()
	c.Missing = list(a.Missing)
	c.Addresses = slices.Clone(a.Addresses)
	for i := range c.Addresses {
		c.Addresses[i].Since = c.Addresses[i].Since.UTC()
	}
	c.Leaks = a.Leaks.canonical()
	c.Compute = a.Compute.canonical()
	c.Root.Created, c.Root.PasswordLastUsed = a.Root.Created.UTC(), a.Root.PasswordLastUsed.UTC()
	c.Root.Keys = keysInUTC(a.Root.Keys)
	c.Root.Events = list(a.Root.Events)
	for i := range c.Root.Events {
		c.Root.Events[i].Time = c.Root.Events[i].Time.UTC()
	}
	c.Users = list(a.Users)
	for i := range c.Users {
		c.Users[i].own()
	}
	c.Sort()
	return &c
}

// own replaces the lists of a copied user by copies, with times in UTC.
func (u *User) own() {
	u.Created = u.Created.UTC()
	u.Password.Set, u.Password.LastUsed = u.Password.Set.UTC(), u.Password.LastUsed.UTC()
	u.Groups, u.Policies = slices.Clone(u.Groups), slices.Clone(u.Policies)
	u.Keys = keysInUTC(u.Keys)
	u.Certificates = slices.Clone(u.Certificates)
	for i := range u.Certificates {
		u.Certificates[i].Set = u.Certificates[i].Set.UTC()
	}
	u.SSHKeys = slices.Clone(u.SSHKeys)
	for i := range u.SSHKeys {
		u.SSHKeys[i].Uploaded = u.SSHKeys[i].Uploaded.UTC()
	}
	u.Services = slices.Clone(u.Services)
	for i := range u.Services {
		u.Services[i].Created, u.Services[i].Expires = u.Services[i].Created.UTC(), u.Services[i].Expires.UTC()
	}
	u.Called = ownCalled(u.Called)
}

func keysInUTC(keys []AccessKey) []AccessKey {
	keys = list(keys)
	for i := range keys {
		k := &keys[i]
		k.Created, k.LastUsed, k.Uses = k.Created.UTC(), k.LastUsed.UTC(), slices.Clone(k.Uses)
		for n := range k.Uses {
			k.Uses[n].Last = k.Uses[n].Last.UTC()
		}
	}
	return keys
}

// list is a copy that is never nil.
func list[T any](s []T) []T { return append([]T{}, s...) }

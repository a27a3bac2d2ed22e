package action

import "runtime/debug"

// release is the version of a released binary, set when it is linked:
//
//	go build -ldflags "-X github.com/keysweep/keysweep/internal/action.release=v1.2.3"
var release string

// Version is the version of the running program: that of the release, else that of
// the module as Go recorded it, else "dev".
func Version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

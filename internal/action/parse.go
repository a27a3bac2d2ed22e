package action

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/spelling"
)

// problem is one thing wrong with what the user wrote.
type problem struct {
	source string // the option as the user wrote it: "--accounts", "input accounts"
	text   string // what is wrong, then what to write
}

// Problems are all things wrong with the options of a run, one line each.
type Problems []problem

// Error is one line a problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.source + ": " + one.text
	}
	return strings.Join(lines, "\n")
}

// Parse reads the options of a run from the arguments (without the program's name)
// and the environment. An error is an *ExitError of status 2 and names everything
// that is wrong at once.
func Parse(args []string, getenv func(string) (string, bool)) (*Options, error) {
	p := &parser{env: Env{Getenv: getenv}, table: table(), opts: &Options{given: map[string]string{}}}
	line := p.scan(args)
	o := p.opts
	o.Runner = runnerOf(p.env)
	o.NoAWS = untrusted(o.Runner.Event)
	if len(args) == 0 && strings.TrimSpace(p.env.Var("INPUT_MODE")) == "" && o.Runner.Event == "" && !p.env.OnRunner() {
		o.Help, o.Bare = true, true
		return o, nil
	}
	word := p.command(line)
	mode := p.values(line)
	if o.Help || o.Version {
		return p.manual(word)
	}
	if err := p.choose(word, mode); err != nil {
		return nil, err
	}
	p.check(line)
	if err := p.fault(); err != nil {
		return nil, err
	}
	return o, nil
}

// manual serves who asked for help or the version; of the options' values nothing
// matters then.
func (p *parser) manual(word Command) (*Options, error) {
	if info, ok := lookUp(string(word)); ok && !isBuilt(info) {
		return nil, missing(word)
	}
	for _, one := range p.problems {
		if one.source == "command" {
			return nil, p.fault()
		}
	}
	p.opts.Command = word
	return p.opts, nil
}

// parser gathers options and problems.
type parser struct {
	env      Env
	table    []option
	opts     *Options
	problems Problems
}

func (p *parser) problem(source, format string, args ...any) {
	p.problems = append(p.problems, problem{source, fmt.Sprintf(format, args...)})
}

// fault is nil when there is no problem.
func (p *parser) fault() error {
	if len(p.problems) == 0 {
		return nil
	}
	return &ExitError{Status: ExitBadInput, Err: p.problems}
}

// commandLine is what the arguments say: flags by name, and the words between them.
type commandLine struct {
	flags map[string]string
	words []string
}

// scan takes flags and words apart. It knows --name value, --name=value, --switch and
// --switch=false; "--" ends the flags.
func (p *parser) scan(args []string) commandLine {
	line := commandLine{flags: map[string]string{}}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			line.words = append(line.words, args[i+1:]...)
			break
		}
		if arg == "-h" {
			arg = "--help"
		}
		if len(arg) < 2 || arg[0] != '-' {
			line.words = append(line.words, arg)
			continue
		}
		name, value, hasValue := strings.Cut(arg, "=")
		opt, ok := p.flag(name)
		if !ok {
			// What follows is its value unless it is a command. It may be a secret behind a
			// misspelt name, so it is passed over and not shown as a word too many.
			if i+1 < len(args) && !hasValue && !strings.HasPrefix(args[i+1], "-") && !isCommand(args[i+1]) {
				i++
			}
			continue
		}
		switch {
		case hasValue:
		case opt.value == "":
			value = "true"
		case i+1 < len(args) && !strings.HasPrefix(args[i+1], "--"):
			i++
			value = args[i]
		default:
			p.problem(name, "no value: write %s=%s", name, opt.value)
			continue
		}
		p.keep(line, opt, value)
	}
	return line
}

// flag finds the option that a flag names.
func (p *parser) flag(flag string) (option, bool) {
	name, long := strings.CutPrefix(flag, "--")
	var names []string
	for _, opt := range p.table {
		if long && (opt.name == name || opt.alias == name && name != "") {
			return opt, true
		}
		names = append(names, opt.name)
	}
	if near := spelling.Nearest(strings.TrimLeft(flag, "-"), names); near != "" {
		p.problem(quoted(flag), "no such option: did you mean --%s?", near)
	} else {
		p.problem(quoted(flag), "no such option: `keysweep --help` lists them")
	}
	return option{}, false
}

// keep notes the value of a flag. A blank one is none, as with an input.
func (p *parser) keep(line commandLine, opt option, value string) {
	value = strings.TrimSpace(value)
	if value == "" {
		return
	}
	if earlier, twice := line.flags[opt.name]; twice && earlier != value {
		p.problem("--"+opt.name, "given twice: write it once")
		return
	}
	line.flags[opt.name] = value
}

// command is the first word, if it is a command; all other words are problems, unless it
// is scan, which takes the paths that it reads.
func (p *parser) command(line commandLine) Command {
	list := line.words
	if len(list) > 0 && list[0] == "help" {
		line.flags["help"] = "true"
		list = list[1:]
	}
	if len(list) == 0 {
		return ""
	}
	info, ok := lookUp(list[0])
	if !ok {
		p.problem("command", "%v", unknownWord(list[0], words(isBuilt)))
		return ""
	}
	if info.word == Scan {
		p.paths(line, list[1:])
		return info.word
	}
	for _, extra := range list[1:] {
		if isBuilt(info) { // else that it is not there is all there is to say
			p.problem(list[0], "it takes no argument %s: options begin with two dashes", quoted(extra))
		}
	}
	return info.word
}

// paths takes words for the option of that name.
func (p *parser) paths(line commandLine, list []string) {
	switch {
	case len(list) == 0:
	case line.flags["paths"] != "":
		p.problem("--paths", "it is given, and so is %s behind the command: write one of them", quoted(list[0]))
	case slices.ContainsFunc(list, func(s string) bool { return strings.ContainsAny(s, "\r\n") || strings.TrimSpace(s) == "" }):
		p.problem("scan", "a path is empty or holds a line break: name the folder that it is in")
	default:
		line.flags["paths"] = strings.Join(list, "\n")
	}
}

// values sets every option from the first source that has it, and returns the mode.
func (p *parser) values(line commandLine) string {
	mode := auto
	for _, opt := range p.table {
		value, source := p.find(opt, line)
		if source != "" {
			p.opts.given[opt.name] = source
		}
		if value == "" {
			continue
		}
		if opt.name == "mode" {
			mode = value
		}
		for _, text := range faults(opt.set(p.opts, value)) {
			p.problem(cmp.Or(source, opt.name), "%s", text)
		}
	}
	p.opts.ConfigGiven = p.opts.Given("config")
	return mode
}

// find looks an option up: flag, input, default. The source of a default is empty.
func (p *parser) find(opt option, line commandLine) (value, source string) {
	if v := line.flags[opt.name]; v != "" {
		return v, "--" + opt.name
	}
	if !opt.lineOnly {
		if v := strings.TrimSpace(p.env.Var(opt.variable())); v != "" {
			return v, "input " + opt.name
		}
	}
	return opt.def, ""
}

// faults takes an error of several apart.
func faults(err error) []string {
	if err == nil {
		return nil
	}
	var out []string
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			out = append(out, faults(one)...)
		}
		return out
	}
	return []string{err.Error()}
}

// choose decides the command. A bad word or mode is a problem that stands already.
func (p *parser) choose(word Command, mode string) error {
	for _, one := range p.problems {
		if one.source == "command" || one.source == p.opts.given["mode"] {
			return p.fault()
		}
	}
	if p.opts.Given("mode") && word != "" && strings.HasPrefix(p.opts.given["mode"], "--") && mode != auto && mode != string(word) {
		p.problem("--mode", "%s contradicts the command %s: write one of them", quoted(mode), word)
		return p.fault()
	}
	c, err := chooseCommand(word, mode, p.opts.Runner.Event, p.env.OnRunner())
	p.opts.Command = c
	return err
}

// runnerOf reads what the runner says about the job.
func runnerOf(env Env) Runner {
	return Runner{
		Event:      env.Var("GITHUB_EVENT_NAME"),
		Repository: env.Var("GITHUB_REPOSITORY"),
		SHA:        env.Var("GITHUB_SHA"),
		APIURL:     strings.TrimRight(cmp.Or(env.Var("GITHUB_API_URL"), "https://api.github.com"), "/"),
		ServerURL:  strings.TrimRight(cmp.Or(env.Var("GITHUB_SERVER_URL"), "https://github.com"), "/"),
	}
}

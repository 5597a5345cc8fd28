// main.go - fuzz-go: random cases through Go and through run_cases.
//
//	fuzz-go [-seconds N] [-seed N] -later later.txt RUN_CASES
//	fuzz-go -oracle <cases >results
//
// Prints the seed, how many cases were compared, and the smallest form of
// each difference. Exit code 1 if there is one.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// --- The other side ---------------------------------------------------------

type runner struct {
	path string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

func (r *runner) start() error {
	r.cmd = exec.Command(r.path)
	r.cmd.Stderr = os.Stderr
	in, err := r.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	r.in, r.out = in, bufio.NewReaderSize(out, 1<<20)
	return r.cmd.Start()
}

// ask runs cases in order. One that kills the process gets stage "crash".
func (r *runner) ask(cases []Case) []Result {
	results := make([]Result, 0, len(cases))
	for len(results) < len(cases) {
		if r.cmd == nil {
			if err := r.start(); err != nil {
				fail(err)
			}
		}
		todo := cases[len(results):]
		go func(to io.Writer) {
			w := bufio.NewWriter(to)
			e := json.NewEncoder(w)
			for _, c := range todo {
				e.Encode(c)
			}
			w.Flush()
		}(r.in)
		for range todo {
			line, err := r.out.ReadBytes('\n')
			var res Result
			if err == nil {
				err = json.Unmarshal(line, &res)
			}
			if err != nil {
				r.in.Close()
				r.cmd.Wait()
				r.cmd = nil
				results = append(results, Result{Stage: "crash"})
				break
			}
			results = append(results, res)
		}
	}
	return results
}

// --- What later releases of Go do otherwise ---------------------------------

type change struct {
	release, what             string
	template, output, message *regexp.Regexp
	count                     int
}

func changes(path string) ([]*change, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []*change
	for _, line := range strings.Split(string(b), "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 5 || strings.HasPrefix(line, "#") {
			continue
		}
		res := make([]*regexp.Regexp, 3)
		for i := range res {
			if f[i+1] != "." {
				if res[i], err = regexp.Compile(f[i+1]); err != nil {
					return nil, err
				}
			}
		}
		list = append(list, &change{f[0], f[4], res[0], res[1], res[2], 0})
	}
	return list, nil
}

func matches(re *regexp.Regexp, s string) bool { return re == nil || re.MatchString(s) }

// refused is what stands for a value that escaping does not let through.
var refused = []byte("ZgotmplZ")

// onlyRefused: the results are equal but for values that ours refused.
func onlyRefused(goes, ours Result) bool {
	return goes.Stage == ours.Stage && bytes.Contains(ours.Output, refused) &&
		bytes.Equal(bytes.ReplaceAll(goes.Output, refused, nil),
			bytes.ReplaceAll(ours.Output, refused, nil))
}

// explains is asked of cases made as small as they get.
func (ch *change) explains(c Case, goes, ours Result) bool {
	return matches(ch.template, c.text()) && matches(ch.output, string(ours.Output)) &&
		matches(ch.message, goes.Message)
}

// --- Comparing --------------------------------------------------------------

type fuzz struct {
	run   runner
	later []*change
	shown map[string]bool
	stage map[string]int

	refused int // differences in refused values alone
}

func same(goes, ours Result) bool {
	return goes.Stage == ours.Stage && bytes.Equal(goes.Output, ours.Output)
}

func (f *fuzz) differs(goes, ours Result) bool {
	return !same(goes, ours) && !onlyRefused(goes, ours)
}

func (f *fuzz) explained(c Case, goes, ours Result) bool {
	for _, ch := range f.later {
		if ch.explains(c, goes, ours) {
			ch.count++
			return true
		}
	}
	return false
}

func (f *fuzz) fails(c Case) bool {
	return f.differs(Ask(c), f.run.ask([]Case{c})[0])
}

// smaller takes pieces away from template and data as long as it fails.
func (f *fuzz) smaller(c Case) Case {
	for size := len(c.Template) / 2; size > 0; {
		cut := false
		for i := 0; i+size <= len(c.Template); i++ {
			d := c
			d.Template = c.Template[:i] + c.Template[i+size:]
			if utf8.ValidString(d.Template) && f.fails(d) {
				c, cut = d, true
				i--
			}
		}
		if !cut {
			size /= 2
		} else if size > len(c.Template) {
			size = len(c.Template)
		}
	}
	for _, name := range c.names() {
		d := c
		d.More = map[string]string{}
		for k, text := range c.More {
			if k != name {
				d.More[k] = text
			}
		}
		if f.fails(d) {
			c = d
		}
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(c.Data, &m) == nil && m != nil {
		for k, v := range m {
			delete(m, k)
			d := c
			if d.Data = encode(m); f.fails(d) {
				c = d
			} else {
				m[k] = v
			}
		}
	}
	return c
}

func (f *fuzz) show(seed int64, c Case) {
	c = f.smaller(c)
	key := c.Engine + " " + c.text()
	if f.shown[key] {
		return
	}
	goes, ours := Ask(c), f.run.ask([]Case{c})[0]
	if f.explained(c, goes, ours) {
		return
	}
	f.shown[key] = true
	fmt.Printf("--- case %d\n%s\n", seed, encode(c))
	fmt.Printf("Go:  %s %q %s\n", goes.Stage, goes.Output, goes.Message)
	fmt.Printf("lvt: %s %q %s\n", ours.Stage, ours.Output, ours.Message)
}

const batch = 100

func (f *fuzz) loop(seed int64, end time.Time, max int) (compared int) {
	for ; time.Now().Before(end) && len(f.shown) < max; seed += batch {
		cases := make([]Case, batch)
		for i := range cases {
			cases[i] = Generate(seed + int64(i))
		}
		answers := make(chan []Result, 1)
		go func() { answers <- f.run.ask(cases) }()
		goes := make([]Result, batch)
		for i, c := range cases {
			goes[i] = Ask(c)
		}
		for i, ours := range <-answers {
			f.stage[goes[i].Stage]++
			if !same(goes[i], ours) && onlyRefused(goes[i], ours) {
				f.refused++
			}
			if f.differs(goes[i], ours) {
				f.show(seed+int64(i), cases[i])
			}
		}
		compared += batch
	}
	return compared
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "fuzz-go:", err)
	os.Exit(2)
}

func main() {
	oracle := flag.Bool("oracle", false, "answer cases from stdin")
	seconds := flag.Int("seconds", 60, "how long")
	seed := flag.Int64("seed", time.Now().UnixNano()%1e12, "of the first case")
	later := flag.String("later", "later.txt", "what later releases changed")
	max := flag.Int("max", 10, "differences to show")
	flag.Parse()
	if *oracle {
		if err := answer(); err != nil {
			fail(err)
		}
		return
	}
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	list, err := changes(*later)
	if err != nil {
		fail(err)
	}
	f := &fuzz{run: runner{path: flag.Arg(0)}, later: list,
		shown: map[string]bool{}, stage: map[string]int{}}
	fmt.Printf("fuzz-go: seed %d, %d s\n", *seed, *seconds)
	n := f.loop(*seed, time.Now().Add(time.Duration(*seconds)*time.Second), *max)
	fmt.Printf("fuzz-go: %d cases, %d differences\n", n, len(f.shown))
	fmt.Printf("fuzz-go: Go renders %d, refuses %d (parse), %d (escape), %d (exec)\n",
		f.stage[""], f.stage["parse"], f.stage["escape"], f.stage["exec"])
	fmt.Printf("fuzz-go: left out %6d: values that later releases refuse\n", f.refused)
	for _, ch := range list {
		fmt.Printf("fuzz-go: left out %6d: %s: %s\n", ch.count, ch.release, ch.what)
	}
	if len(f.shown) > 0 {
		os.Exit(1)
	}
}

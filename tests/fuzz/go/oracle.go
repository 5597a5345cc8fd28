// oracle.go - what Go's own template packages make of a case.
//
// The same table of values as everywhere in tests/vectors: a number without
// ".", "e" and "E" that fits 64 bits is int64, any other float64; arrays have
// no room beyond their length; names are ranged over in byte order.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	text "text/template"
)

// Case is one line of the input: a template called main, further files of its
// set, parsed in the order of their names, and its data.
type Case struct {
	Engine   string            `json:"engine"`
	Template string            `json:"template"`
	More     map[string]string `json:"more,omitempty"`
	Data     json.RawMessage   `json:"data"`
}

// text is that of all files.
func (c Case) text() string {
	s := c.Template
	for _, name := range c.names() {
		s += "\n" + c.More[name]
	}
	return s
}

// names are those of the further files.
func (c Case) names() []string {
	var list []string
	for name := range c.More {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

// Result is one line of the output. Stage is "" where the case renders.
type Result struct {
	Stage   string `json:"stage"`
	Output  []byte `json:"output"` // base64 in JSON
	Message string `json:"message"`
}

func decode(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return typed(v), nil
}

func typed(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(v.String())
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = typed(e)
		}
		return list
	case map[string]any:
		for k, e := range v {
			v[k] = typed(e)
		}
	}
	return v
}

func number(s string) any {
	if strings.IndexAny(s, ".eE") < 0 {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i
		}
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

type renderer interface {
	ExecuteTemplate(w io.Writer, name string, data any) error
}

func parse(c Case) (renderer, error) {
	if c.Engine == "text" {
		t, err := text.New("main").Parse(c.Template)
		for _, name := range c.names() {
			if err == nil {
				_, err = t.New(name).Parse(c.More[name])
			}
		}
		return t, err
	}
	t, err := template.New("main").Parse(c.Template)
	for _, name := range c.names() {
		if err == nil {
			_, err = t.New(name).Parse(c.More[name])
		}
	}
	return t, err
}

// Ask runs a case. A panic of Go counts as a failure of its stage.
func Ask(c Case) (r Result) {
	stage := "parse"
	defer func() {
		if p := recover(); p != nil {
			r = Result{Stage: stage, Message: fmt.Sprint("panic: ", p)}
		}
	}()
	data, err := decode(c.Data)
	if err != nil {
		return Result{Stage: "data", Message: err.Error()}
	}
	t, err := parse(c)
	if err != nil {
		return Result{Stage: stage, Message: err.Error()}
	}
	stage = "exec"
	var out bytes.Buffer
	if err = t.ExecuteTemplate(&out, "main", data); err == nil {
		return Result{Output: out.Bytes()}
	}
	var unsafe *template.Error
	if errors.As(err, &unsafe) ||
		strings.HasPrefix(err.Error(), "html/template:") {
		stage = "escape"
	}
	return Result{Stage: stage, Message: err.Error()}
}

// answer is fuzz-go -oracle: cases on stdin, results on stdout.
func answer() error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var c Case
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			return err
		}
		if err := out.Encode(Ask(c)); err != nil {
			return err
		}
	}
	return in.Err()
}

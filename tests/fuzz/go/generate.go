// generate.go - random templates: every statement and function of the
// language, in every place of a page that escaping tells apart.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
)

// gen makes one case. vars are the variables in scope.
type gen struct {
	*rand.Rand
	vars    []string
	loops   int
	defined int
	left    int // statements that may still be made
}

func (g *gen) pick(from []string) string { return from[g.Intn(len(from))] }

func (g *gen) chance(percent int) bool { return g.Intn(100) < percent }

// --- Data -------------------------------------------------------------------

var texts = []string{
	"", " ", "a", "0", "word", "O'Reilly", "a b\tc\nd", "<b>bold</b>",
	"<script>alert(1)</script>", "</script>", "</textarea><p>", "<!-- x -->",
	"\"quoted\" 'single' `tick`", "javascript:alert(1)", "JavaScript :x",
	"http://example.com/a b?c=d&e=f#g", "/path/%41%zz/é?q=ü", "mailto:a@b",
	"?a=b&c", "#frag", "//host/x", "data:text/html,x", "a, b 2x, /c 1.5x",
	"red", "12px", "#fff", "expression(alert(1))", "-moz-binding", "url(x)",
	"/* c */", "// c", "\\", "\\u003c", "a\\b", "&amp;", "&lt;b&gt;", "&", "&#39;",
	"&notit;", "\u0000", "\u0001\u001f\u007f", "\u0085\u00a0", "é", "日本語", "😀",
	"\u2028\u2029", "\ufeff", "\ufffd", "\u202e", "${x}", "{{.}}", "{}[]()",
	"=", "+1-1*2/3", "]]>", "text/javascript", "application/json", "module",
	"onclick", "href", "style", "data-x", "src set", "İ", "ǅ", "\u0301",
	"a=b", ">", "x\r\ny", "http\u017f:x", "\\1100001", "%", "100%", "%20", "aZgotmplZ", "1e3", "true", "null",
}

var numbers = []string{
	"0", "1", "-1", "2", "3", "10", "42", "255", "65", "128512", "1114112", "-0",
	"9223372036854775807", "-9223372036854775808", "9223372036854775808",
	"18446744073709551616", "0.0", "-0.0", "1.0", "1.5", "-2.25", "0.1", "1e2",
	"1e20", "1e21", "123456789.0", "1234567.0", "1e-5", "1e-7", "5e-324",
	"1.7976931348623157e308", "3.0000000000000004", "100000.0", "2097152.0",
}

func (g *gen) text() string {
	s := g.pick(texts)
	if g.chance(15) {
		s += g.pick(texts)
	}
	return s
}

func (g *gen) value(depth int) any {
	switch n := g.Intn(12); {
	case n < 4:
		return g.text()
	case n < 7:
		return json.Number(g.pick(numbers))
	case n == 7:
		return g.chance(50)
	case n == 8:
		return nil
	case depth == 0:
		return g.text()
	case n < 11:
		list := []any{}
		for i := g.Intn(4); i > 0; i-- {
			list = append(list, g.value(depth-1))
		}
		return list
	default:
		return g.object(depth-1, g.Intn(4))
	}
}

var keys = []string{"a", "b", "c", "d", "Key", "key two", "é", "", "<k>", "0"}

func (g *gen) object(depth, n int) map[string]any {
	m := map[string]any{}
	for ; n > 0; n-- {
		m[g.pick(keys)] = g.value(depth)
	}
	return m
}

// data has a member of each kind under a name that templates know.
func (g *gen) data() json.RawMessage {
	if g.chance(3) {
		return encode(g.value(2))
	}
	words := []any{}
	for i := g.Intn(4); i > 0; i-- {
		words = append(words, g.text())
	}
	return encode(map[string]any{
		"s": g.text(), "t": g.text(), "e": "",
		"i": json.Number(g.pick(numbers[:14])),
		"f": json.Number(g.pick(numbers[14:])),
		"y": true, "n": false, "z": nil,
		"l": g.value(2), "w": words, "x": g.value(3),
		"m": g.object(2, 3), "o": map[string]any{"a": g.value(1), "b": g.object(1, 2)},
	})
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// --- Pipelines --------------------------------------------------------------

var fields = []string{
	".", ".s", ".t", ".e", ".i", ".f", ".y", ".n", ".z", ".l", ".w", ".x",
	".m", ".m.a", ".m.b", ".o.a", ".o.b", ".o.b.c", ".a", ".b", ".Key",
	".missing", ".missing.deep", ".z.a", "$", "$.s", "$.i", "$.l", "$.o.b",
}

var literals = []string{
	"0", "1", "-1", "+2", "0x1F", "0b101", "0o17", "017", "1_000", "1e3",
	"1.5", "-0.25", "0x1p-2", ".5", "1i", "2.5i", "1+2i", "'a'", "'\\n'", "'\\u00e9'",
	"'<'", "9223372036854775807", "18446744073709551615", "1e19", "true",
	"false", "nil", "\"\"", "`raw <b>`", "\"\\x3c\\xff\\u2028\\\"\"",
	"\"%\"", "\"a\"", "\"b\"", "\"s\"",
}

var functions = []string{
	"and", "or", "not", "len", "index", "slice", "print", "printf", "println",
	"html", "js", "urlquery", "call", "eq", "ne", "lt", "le", "gt", "ge",
}

func (g *gen) operand(depth int) string {
	switch n := g.Intn(20); {
	case n < 10:
		return g.pick(fields)
	case n < 12 && len(g.vars) > 0:
		v := g.pick(g.vars)
		if g.chance(20) {
			v += g.pick([]string{".a", ".s", ".b.c"})
		}
		return v
	case n < 15:
		return g.pick(literals)
	case n < 16:
		return fmt.Sprintf("%q", g.text())
	case depth > 0:
		s := "(" + g.pipeline(depth-1) + ")"
		if g.chance(15) {
			s += g.pick([]string{".a", ".s", ".b.c"})
		}
		return s
	}
	return g.pick(fields)
}

const verbs = "vvvvdsqxXtTbcoOUeEfFgGgwz!"

func (g *gen) format() string {
	var b strings.Builder
	for i := 1 + g.Intn(2); i > 0; i-- {
		b.WriteString(g.pick([]string{"", "", "a", "<b>", " ", "%%", "é"}))
		b.WriteString("%")
		for g.chance(30) {
			b.WriteByte("+-# 0"[g.Intn(5)])
		}
		if g.chance(8) {
			b.WriteString(g.pick([]string{"[1]", "[2]", "[3]", "[0]", "[x]", "[2", "[]"}))
		}
		if g.chance(25) {
			b.WriteString(g.pick([]string{"1", "3", "8", "20", "*", "70"}))
		}
		if g.chance(25) {
			b.WriteString("." + g.pick([]string{"", "0", "1", "3", "10", "*", "70"}))
		}
		if !g.chance(3) {
			b.WriteByte(verbs[g.Intn(len(verbs))])
		}
	}
	return fmt.Sprintf("%q", b.String())
}

func (g *gen) command(depth int) string {
	if g.chance(55) {
		return g.operand(depth)
	}
	f := g.pick(functions)
	n := g.Intn(3)
	args := ""
	switch f {
	case "printf":
		if g.chance(95) {
			args = " " + g.format()
		}
		n = g.Intn(4)
	case "slice", "index":
		args = " " + g.operand(depth)
	case "not", "len":
		n = 1
	case "eq", "ne", "lt", "le", "gt", "ge":
		n = 2
		if g.chance(10) {
			n = g.Intn(4)
		}
	}
	for ; n > 0; n-- {
		args += " " + g.operand(depth)
	}
	return f + args
}

func (g *gen) pipeline(depth int) string {
	p := g.command(depth)
	for g.chance(20) {
		f := g.pick(functions)
		if f == "printf" {
			f += " " + g.format()
		} else if g.chance(25) {
			f += " " + g.operand(depth)
		}
		p += g.pick([]string{" | ", "|", " |"}) + f
	}
	return p
}

// --- Statements -------------------------------------------------------------

func (g *gen) open() string { return g.pick([]string{"{{", "{{", "{{", "{{", "{{- ", "{{ "}) }

func (g *gen) shut() string { return g.pick([]string{"}}", "}}", "}}", "}}", " -}}", " }}"}) }

func (g *gen) act(s string) string { return g.open() + s + g.shut() }

func (g *gen) hole() string {
	if g.chance(70) {
		return g.act(g.pick(fields))
	}
	return g.act(g.pipeline(2))
}

// scoped makes what body says and forgets the variables that it declared.
func (g *gen) scoped(body func() string) string {
	n := len(g.vars)
	s := body()
	g.vars = g.vars[:n]
	return s
}

func (g *gen) declare() string {
	name := g.pick([]string{"$a", "$b", "$c"})
	s := name + " := " + g.pipeline(1)
	g.vars = append(g.vars, name)
	return s
}

func (g *gen) control(inner func() string) string {
	return g.scoped(func() string {
		word := g.pick([]string{"if", "if", "with", "range", "range"})
		head := g.pipeline(1)
		switch {
		case word == "range" && g.chance(40):
			g.vars = append(g.vars, "$k")
			head = "$k := " + g.pick(fields)
			if g.chance(60) {
				g.vars = append(g.vars, "$v")
				head = strings.Replace(head, "$k", "$k, $v", 1)
			}
		case word == "range":
			head = g.pick([]string{".w", ".l", ".m", ".x", ".o.b", head})
		case g.chance(15):
			head = g.declare()
		}
		s := g.act(word + " " + head)
		if word == "range" {
			g.loops++
		}
		s += g.scoped(inner)
		if word == "range" {
			g.loops--
		}
		if word == "if" && g.chance(20) {
			s += g.act("else if "+g.pipeline(1)) + g.scoped(inner)
		}
		if g.chance(35) {
			s += g.act("else") + g.scoped(inner)
		}
		return s + g.act("end")
	})
}

func (g *gen) statement(inner func() string) string {
	g.left--
	if g.left < 0 {
		return ""
	}
	switch n := g.Intn(30); {
	case n < 14:
		return g.hole()
	case n < 23:
		return g.control(inner)
	case n < 25:
		return g.act(g.declare())
	case n < 26 && len(g.vars) > 0:
		return g.act(g.pick(g.vars) + " = " + g.pipeline(1))
	case n < 27 && g.loops > 0:
		return g.act(g.pick([]string{"break", "continue"}))
	case n < 28:
		return g.pick([]string{"{{/* c */}}", "{{- /* c */ -}}", "{{/**/}}"})
	case n < 29 && g.defined > 0:
		s := fmt.Sprintf("template \"t%d\"", g.Intn(g.defined))
		if g.chance(70) {
			s += " " + g.pipeline(1)
		}
		return g.act(s)
	case n < 30 && g.chance(30):
		return g.act(fmt.Sprintf("block \"b%d\" %s", g.Intn(1000), g.operand(1))) +
			g.apart(inner) + g.act("end")
	}
	return g.hole()
}

// apart makes the body of another template: no variables, no loops.
func (g *gen) apart(body func() string) string {
	vars, loops := g.vars, g.loops
	g.vars, g.loops = nil, 0
	s := body()
	g.vars, g.loops = vars, loops
	return s
}

// --- Pages ------------------------------------------------------------------

// @ stands for a value or another statement.
var places = []string{
	"<p>@</p>", "@", "a @ b", "<b>@</b> < @", "<!-- @ -->x", "<!doctype html>@",
	"<a title=\"@\">", "<a title='@ @'>", "<a title=@>", "<a title=@ id=@>x",
	"<a href=\"@\">", "<a href='@'>", "<a href=@>", "<a href=\"/@/@\">",
	"<a href=\"/x?a=@&b=@#@\">", "<a href=\"http://@\">", "<a href=\"@?q=@\">",
	"<form action=\"@\">", "<img src=\"@\" srcset=\"@ 2x, @\">", "<img srcset='@'>",
	"<img srcset=@>", "<a onclick=\"f(@)\">", "<a onclick='f(\"@\", @)'>",
	"<a onclick=f(@)>", "<a style=\"color: @\">", "<a style='a: @; b: \"@\"'>",
	"<a style=color:@>", "<a style=\"background: url(@)\">",
	"<a style=\"background: url('@')\">", "<script>@</script>",
	"<script>var a = @, b = \"@\", c = '@';</script>", "<script>f(@)/@/g</script>",
	"<script>x = /a@[@]/.test(@)</script>", "<script>a = b /@/ c; // @\nd</script>",
	"<script>/* @ */ x(@)</script>", "<script>x++ /@/i; return /@/</script>",
	"<script type=\"@\">@</script>", "<script type=\"application/json\">{\"a\": @}</script>",
	"<script type=\"text/template\"><b>@</b></script>", "<script type=module>x(@)</script>",
	"<script src=\"@\"></script>@", "<style>p { color: @ }</style>",
	"<style>p { a: \"@\"; b: '@'; c: url(@) }</style>", "<style>/* @ */ @ { x: y }</style>",
	"<style>a { b: url(\"@\"); c: url( '@' ) }</style>", "<style>@import '@'; // @\n</style>",
	"<textarea>@</textarea>", "<title>@</title>@", "<textarea name=\"@\">a @</textarea>",
	"<@>", "<a @>", "<a @=\"x\">", "<a data-@=\"@\">", "<a on@=\"@\">", "<a @ @>",
	"<a data-href=\"@\" data-onclick=\"@\">", "<a my:href='@'>", "<a xmlns=\"@\">",
	"<template>@</template>", "<svg><a xlink:href=\"@\"></svg>", "<meta content=\"@\">",
	"<input value=@ checked>", "<input value=\"@\" @>", "<iframe srcdoc=\"@\">", "<a style=@>",
	"</@>", "<h1>@</h1 title=\"@\">", "<a href=\" @\">", "<a href=\"javascript:@\">",
	"<a href=\"data:@\">", "<a formaction=\"@\" cite='@'>", "<object data=\"@\">",
}

var scraps = []string{
	"<", "</", ">", "/>", "a", "p", "script", "style", "title", "textarea", "\"",
	"'", "=", " ", "/", "//", "/*", "*/", "<!--", "-->", "\\", "(", ")", "url(", ":",
	";", "{", "}", "[", "]", "href", "onclick", "srcset", "data-", "src", "id", "+", "++", "-",
	",", "#", "?", "&", "&amp;", "&#", "x", "1", "\n", "\t", "return ", "var ", "!", "@import ",
	"<a ", "<p>", "<script>", "</script>", "<style>", "</style>", "<a href=\"", "<a style='",
	"<a onclick=\"", "</a>", "type=", "application/json", "text/plain",
}

func (g *gen) place(depth int) string {
	var b strings.Builder
	for _, part := range strings.SplitAfter(g.pick(places), "@") {
		b.WriteString(strings.TrimSuffix(part, "@"))
		if strings.HasSuffix(part, "@") {
			b.WriteString(g.fill(depth))
		}
	}
	return b.String()
}

// fill is what stands in a place: mostly a value.
func (g *gen) fill(depth int) string {
	if depth == 0 || g.chance(60) {
		return g.hole()
	}
	return g.statement(func() string {
		return g.pick([]string{"", "", "x", "a b", "/", "\"", " ", "1"}) + g.fill(depth-1)
	})
}

func (g *gen) soup() string {
	var b strings.Builder
	for n := 1 + g.Intn(14); n > 0; n-- {
		if g.chance(25) {
			b.WriteString(g.hole())
		} else {
			b.WriteString(g.pick(scraps))
		}
	}
	return b.String()
}

func (g *gen) page(depth int) string {
	var b strings.Builder
	for n := 1 + g.Intn(3); n > 0; n-- {
		switch k := g.Intn(14); {
		case k > 9:
			b.WriteString(g.context())
		case k < 5:
			b.WriteString(g.place(depth))
		case k < 8 && depth > 0:
			b.WriteString(g.statement(func() string { return g.page(depth - 1) }))
		case k == 8:
			b.WriteString(g.soup())
		default:
			b.WriteString(g.pick([]string{" ", "\n", "text", "<br>", "é"}))
		}
	}
	return b.String()
}

// harm changes a few bytes: what does not parse must be refused alike.
func (g *gen) harm(s string) string {
	for n := 1 + g.Intn(2); n > 0 && len(s) > 0; n-- {
		i := g.Intn(len(s))
		switch g.Intn(3) {
		case 0:
			s = s[:i] + s[i+1:]
		case 1:
			s = s[:i] + g.pick([]string{"{{", "}}", "(", ")", "|", "$", ".", "\"", "`", " ", "-", ",", ":=", "="}) + s[i:]
		default:
			j := i + g.Intn(len(s)-i)
			s = s[:i] + s[j:]
		}
	}
	return strings.ToValidUTF8(s, "?")
}

// Generate makes the case of a seed; the same seed makes the same case. Half of
// them are language.go's.
func Generate(seed int64) Case {
	g := &gen{Rand: rand.New(rand.NewSource(seed)), left: 12}
	if g.chance(50) {
		return g.Language()
	}
	c := Case{Data: g.data()}
	if g.chance(25) {
		c.Engine = "text"
	}
	var b strings.Builder
	for n := g.Intn(3); n > 0 && g.chance(60); n-- {
		body := g.apart(func() string { return g.page(1) })
		if g.chance(20) {
			body = g.recursive(body)
		}
		fmt.Fprintf(&b, "{{define \"t%d\"}}%s{{end}}", g.defined, body)
		g.defined++
	}
	c.Template = b.String() + g.page(2)
	if g.chance(8) {
		c.Template = g.harm(c.Template)
	}
	return c
}

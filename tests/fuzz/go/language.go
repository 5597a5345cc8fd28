// language.go - the language itself, with no page around it: every form of a
// word, words and statements in any order, functions and verbs over values of
// every kind, several files. Where generate.go makes what people write, this
// makes what they should not.
package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// join makes a text of up to n of the pieces.
func (g *gen) join(n int, pieces []string) string {
	var b strings.Builder
	for i := 1 + g.Intn(n); i > 0; i-- {
		b.WriteString(g.pick(pieces))
	}
	return b.String()
}

// --- Words ------------------------------------------------------------------

var numberPieces = []string{
	"+", "-", "0", "1", "7", "9", "12", "255", "00", "_", "__", "0x", "0X", "0b", "0B", "0o",
	"0O", "a", "f", "A", "F", ".", ".5", "1.", "e", "E", "p", "P", "e+", "e-3", "p-", "P+2",
	"e400", "i", "'", "9223372036854775807", "9223372036854775808", "18446744073709551615",
	"1e18", "g", "x", "é", "340282346638528859811704183484516925440", "e-400", "5e-324",
}

// @ is what they are put to use as.
var uses = []string{
	"{{@}}", "{{print @}}", "{{printf \"%T %v\" @ @}}", "{{index .w @}}", "{{len @}}",
	"{{eq @ 1}}", "{{lt @ 1.5}}", "{{@ | print}}", "{{$x := @}}{{$x}}", "{{range @}}x{{end}}",
	"{{slice .s @}}", "{{slice .w 0 @}}", "{{(@)}}", "{{print (@)}}", "{{printf @ 1}}",
	"{{html @}}", "{{@.a}}", "{{if @}}y{{else}}n{{end}}", "{{with @}}{{.}}{{end}}",
	"{{define \"t\"}}{{.}}{{end}}{{template \"t\" @}}", "{{@ 1}}", "{{print @ @}}", "{{- @ -}}",
	"{{print(@)}}", "{{1|print @}}", "{{not @}}", "{{js @}}", "{{urlquery @}}", "{{index @ 0}}",
	"{{template @}}", "{{define @}}x{{end}}", "{{block @ .}}x{{end}}", "{{and @ 2}}", "{{@|html}}",
	"<p title={{@}}>", "<a onclick='f({{@}})'>", "{{call @}}", "{{index .m @}}", "{{.m.@}}", "{{$.@}}",
}

func (g *gen) numbers() string { return g.join(5, numberPieces) }

var quotedPieces = []string{
	"\\", "\\\\", "n", "t", "x", "4", "1", "u", "U", "00", "e9", "\"", "'", "`", "é", "\n", "\r", "a",
	"\\n", "\\x41", "\\x4", "\\xff", "\\u00e9", "\\ud800", "\\U0010ffff", "\\U00110000", "\\101",
	"\\400", "\\08", "\\'", "\\\"", "\\`", "\\a\\b\\f\\v", "\\e", "\\0", "\\u2028", "<b>", "%", " ", "{{",
	"}}", "\x00", "\u2028", "\ufeff", "日", "😀",
}

func (g *gen) quoted() string {
	q := g.pick([]string{"\"", "'", "`"})
	if g.chance(10) {
		return g.join(5, quotedPieces)
	}
	return q + g.join(4, quotedPieces) + q
}

var words = []string{
	".", ".s", ".m", ".m.a", ".w", ".missing", "$", "$x", "$y", "$.s", "$x.a", "1", "1.5", "\"s\"",
	"`r`", "'c'", "true", "nil", "(", ")", "|", ":=", "=", ",", "print", "len", "index", "and", "not",
	"eq", "printf", "html", "js", "urlquery", "call", "nope", "if", "else", "end", "range", "with",
	"define", "block", "template", "break", "continue", "-", "+", "*", "/", "%", "!", "@", ";", ":", "[", "]", "{", "}",
	"/*", "*/", "/* c */", "é", "ａ", "_", "a1", "1a", ".1", "..", ".é", ".a-b", "$é", "$1", "\n", "\t",
	"\u00a0", "\x00", "\\", "<", "&", "#", "~", "^", "?", "'", "\"", "`", "(.m).a", "(index .w 0)",
}

func (g *gen) words() string {
	var b strings.Builder
	b.WriteString(g.pick([]string{"{{", "{{", "{{- ", "{{-", "{{ ", "{{$x := 1}}{{", "{{if ", "{{range ", "{{with "}))
	for n := 1 + g.Intn(6); n > 0; n-- {
		b.WriteString(g.pick(words))
		if g.chance(65) {
			b.WriteString(g.pick([]string{" ", " ", " ", "  ", "\n"}))
		}
	}
	b.WriteString(g.pick([]string{"}}", "}}", " -}}", "-}}", " }}", "}}x{{end}}", "}}x{{else}}y{{end}}", ""}))
	return b.String()
}

var spacePieces = []string{
	"{{", "}}", "{{-", "-}}", "{{- ", " -}}", " ", "\n", "\t", "\r\n", "\v", "\f", "\u00a0", "-", "/*", "*/",
	"{{/*", "*/}}", "{{- /*", "*/ -}}", "{{-/*", "*/-}}", "a", "3", "-3", ".s", "{", "}", "b", "{{.s}}",
	"{{- .s -}}", "{{-3}}", "{{- 3}}", "{{3-}}", "{{3 -}}", "{{\n.s\n}}", "{{/*\n*/}}", "{{- end}}", "{{if .y -}}",
	"{{define \"t\"}}", "{{end -}}", "{{- end -}}", "/", "*", "{{//}}", "{{/**/ -}}", "{{ /**/}}", "{{-\n/**/\n-}}",
}

// --- Statements -------------------------------------------------------------

var statements = []string{
	"a", " b ", "\n", "{{.}}", "{{$}}", "{{$x}}", "{{$i}}{{$e}}", "{{$x := 1}}", "{{$x = 2}}", "{{$x := .w}}",
	"{{$y := $x}}", "{{if .y}}", "{{if .n}}", "{{if $x := .s}}", "{{if $x = .s}}", "{{else}}", "{{else if .y}}",
	"{{else if .n}}", "{{else if $x := 3}}", "{{else with .m}}", "{{else range .w}}", "{{end}}", "{{end}}",
	"{{end}}", "{{end}}", "{{end}}", "{{with .m}}", "{{with .e}}", "{{with $x := .s}}", "{{with $x = .m}}",
	"{{range .w}}", "{{range .m}}", "{{range .e}}", "{{range .z}}", "{{range $x := .w}}", "{{range $x = .w}}",
	"{{range $i, $e := .w}}", "{{range $k, $v := .m}}", "{{range $x, $y := .l}}", "{{range $x := .missing}}", "{{range .s}}",
	"{{range $}}", "{{range .}}", "{{break}}", "{{continue}}", "{{ break }}", "{{- continue -}}", "{{break 1}}",
	"{{define \"t\"}}", "{{define \"u\"}}", "{{define \"main\"}}", "{{define \"\"}}", "{{define `t`}}", "{{template \"t\"}}",
	"{{template \"t\" .}}", "{{template \"u\" .s}}", "{{template \"u\" $x}}", "{{template \"main\"}}", "{{template \"v\"}}",
	"{{block \"t\" .}}", "{{block \"u\" .m}}", "{{block \"t\"}}", "{{/* c */}}", "{{- /* c */ -}}", "{{len $x}}",
	"{{print $x $y}}", "{{.a}}", "{{.s}}", "{{index . 0}}", "{{template \"t\" nil}}", "{{template \"t\" $y := 1}}",
	"{{($z := 5)}}{{$z}}", "{{if eq $x 1}}", "{{if not $x}}", "{{with ($x = 7)}}", "{{$x | printf \"%v-%v\" .}}",
}

// An unclosed one teaches little: mostly what is open is closed.
func (g *gen) statements() string {
	var b strings.Builder
	if g.chance(60) {
		b.WriteString("{{$x := 0}}{{$y := \"y\"}}")
	}
	open := 0
	for n := 1 + g.Intn(12); n > 0; n-- {
		s := g.pick(statements)
		if s == "{{end}}" && open == 0 && g.chance(95) {
			continue
		}
		if strings.HasPrefix(s, "{{break") || strings.HasPrefix(s, "{{continue") {
			if g.chance(40) {
				s = "{{range .w}}" + s
			}
		}
		for _, o := range []string{"{{if", "{{with", "{{range", "{{define", "{{block"} {
			if strings.HasPrefix(s, o) {
				open++
			}
		}
		if strings.HasPrefix(s, "{{define") && open > 1 && g.chance(80) {
			open--
			continue
		}
		if s == "{{end}}" {
			open--
		}
		b.WriteString(s)
	}
	for ; open > 0 && !g.chance(3); open-- {
		b.WriteString("{{end}}")
	}
	return b.String()
}

// --- Functions --------------------------------------------------------------

var operands = []string{
	".", "$", ".s", ".t", ".e", ".i", ".f", ".y", ".n", ".z", ".l", ".w", ".x", ".m", ".o", ".el", ".em", ".no",
	".no.no", ".big", ".neg", ".ll", ".mm", ".z.a", ".s.a", ".i.a", ".l.a", "(.s)", "(.i)", "(.z)", "(.no)", "(.l)", "(.m).a",
	"(index .w 0)", "(index .ll 0)", "(index .ll 0 1)", "(index .m \"a\")", "(index .m \"no\")", "(index .s 0)",
	"(slice .s 1)", "(slice .w 0 1)", "(slice .l 0 0)", "(len .s)", "(print .i)", "(html .s)", "(printf \"%c\" 233)",
	"(and .s .i)", "(or .z .no)", "(not .y)", "(1)", "(nil)", "nil", "true", "false", "0", "1", "2", "3", "-1", "1.0", "1.5",
	"1e3", "0x10", "'a'", "1i", "1+2i", "0i", "1e19", "18446744073709551615", "9223372036854775807", "\"\"", "\"a\"",
	"\"abc\"", "`é日`", "\"\\xff\"", "print", "(print)", "len", "(1 | print)", "(.s | len)", "(eq .i 1)", "nope", "$x", "(1.5)",
	"(\"a\")", "(true)", "('a')", "(1i)", "(2)", "(-0.0)", "-0.0", "0.1", "(index .s 1)", "(index .l 0)", "(index .l 1)",
	"(index .l 2)", "(index .l 3)", "((.m)).o", "(.o.b).a",
}

func (g *gen) someCall(depth int) string {
	f := g.pick(functions)
	var b strings.Builder
	b.WriteString(f)
	if f == "printf" && g.chance(80) {
		b.WriteString(" " + g.format())
	}
	for n := g.Intn(4); n > 0; n-- {
		b.WriteByte(' ')
		if depth > 0 && g.chance(15) {
			b.WriteString("(" + g.someCall(depth-1) + ")")
		} else {
			b.WriteString(g.pick(operands))
		}
	}
	for g.chance(15) {
		b.WriteString("|" + g.pick(functions))
		if g.chance(30) {
			b.WriteString(" " + g.pick(operands))
		}
	}
	return b.String()
}

var around = []string{
	"{{@}}", "{{@}}", "{{@}}", "{{printf \"%T %v %#v\" (@) (@) (@)}}", "{{if @}}y{{else}}n{{end}}", "{{with @}}{{.}}{{end}}",
	"{{range @}}[{{.}}]{{else}}none{{end}}", "{{range $k, $v := @}}[{{$k}} {{$v}}]{{end}}", "{{$x := @}}{{$x}}{{$x | print}}",
	"<p title=\"{{@}}\">", "<a href=\"?{{@}}\">", "<script>x({{@}})</script>", "<a onclick=\"'{{@}}'\">", "{{(@).a}}",
	"{{define \"t\"}}{{.}}{{end}}{{template \"t\" @}}", "<p title={{@}}>", "<style>a{b:{{@}}}</style>", "{{@ | html}}",
}

func (g *gen) calls() string {
	s := strings.ReplaceAll(g.pick(around), "@", g.someCall(1))
	if g.chance(30) {
		s = "{{$x := " + g.pick(operands[:30]) + "}}" + s
	}
	return s
}

// --- Formats ----------------------------------------------------------------

// All but p: addresses are never alike.
const anyVerb = "abcdefghijklmnoqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!%?é日_"

var formatPieces = []string{
	"%", "%", "%", "%%", "+", "-", "#", "0", " ", "*", ".", ".*", "[1]", "[2]", "[3]*", "[1]*", "[", "]", "[]", "[x]", "[0]", "[-1]",
	"[99]", "1", "5", "12", "005", "-5", "99999999999", "é", "x",
}

func (g *gen) wildFormat() string {
	var b strings.Builder
	verbs := []rune(anyVerb)
	for n := 1 + g.Intn(3); n > 0; n-- {
		b.WriteString("%")
		if g.chance(70) {
			b.WriteString(g.join(4, formatPieces))
		}
		if g.chance(60) {
			b.WriteByte("vdsqxXtTcUgeEfFGbo"[g.Intn(18)])
		} else if g.chance(90) {
			b.WriteRune(verbs[g.Intn(len(verbs))])
		}
	}
	return b.String()
}

// The format is a member of the data, fmt, as is what it prints.
func (g *gen) formats() (string, map[string]any) {
	var b strings.Builder
	b.WriteString("{{printf .fmt")
	for n := g.Intn(4); n > 0; n-- {
		b.WriteByte(' ')
		switch g.Intn(3) {
		case 0:
			b.WriteString(g.pick(operands))
		case 1:
			b.WriteString(g.pick([]string{".any", ".any", "$.r", ".r", ".txt"}))
		default:
			b.WriteString(g.pick([]string{"0", "1", "3", "-4", "12", "1.5", "'x'", "0x10FFFF", "0xD800", "1114112", "-1", "1e6", "1e21", "\"a\""}))
		}
	}
	b.WriteString("}}")
	return b.String(), map[string]any{"fmt": g.wildFormat(), "any": g.value(3), "r": g.real(), "txt": g.text()}
}

// real is a number with any exponent.
func (g *gen) real() json.Number {
	switch g.Intn(4) {
	case 0:
		return json.Number(fmt.Sprintf("%.*e", g.Intn(18), g.NormFloat64()*float64(g.Intn(1000))))
	case 1:
		return json.Number(fmt.Sprintf("%d.%de%d", g.Intn(10), g.Intn(1000000), g.Intn(616)-308))
	case 2:
		return json.Number(fmt.Sprintf("%d.%d", g.Intn(1<<g.Intn(31)+1), g.Intn(1000)))
	}
	return json.Number(g.pick(numbers))
}

// --- Cases ------------------------------------------------------------------

func (g *gen) members() map[string]any {
	return map[string]any{
		"s": "abc", "t": g.text(), "e": "", "i": json.Number(g.pick([]string{"0", "1", "2", "-1", "3", "97"})),
		"f": g.real(), "y": true, "n": false, "z": nil, "l": []any{1, "two", nil, 1.5, []any{}},
		"w": []any{"x", g.text()}, "x": g.value(2), "m": map[string]any{"a": 1, "b": "two", "o": map[string]any{"a": nil}},
		"o": g.object(2, 3), "el": []any{}, "em": map[string]any{}, "big": json.Number("18446744073709551616"),
		"neg": json.Number("-9223372036854775808"), "ll": []any{[]any{1, "b"}, []any{}}, "mm": map[string]any{"": 1, "a.b": 2},
	}
}

// Language makes a case of one of the kinds above.
func (g *gen) Language() Case {
	data := g.members()
	c := Case{Engine: "text"}
	if g.chance(30) {
		c.Engine = ""
	}
	switch n := g.Intn(20); {
	case n < 2:
		c.Template = strings.ReplaceAll(g.pick(uses), "@", g.numbers())
	case n < 4:
		c.Template = strings.ReplaceAll(g.pick(uses), "@", g.quoted())
	case n < 7:
		c.Template = g.words()
	case n < 8:
		c.Template = g.join(8, spacePieces)
	case n < 11:
		c.Template = g.statements()
	case n < 12:
		c.Template = g.statements()
		c.More = map[string]string{}
		for i := g.Intn(3); i >= 0; i-- {
			c.More[g.pick([]string{"t", "u", "v", "a b"})] = g.statements()
		}
	case n < 16:
		c.Template = g.calls()
	default:
		var more map[string]any
		c.Template, more = g.formats()
		for k, v := range more {
			data[k] = v
		}
	}
	c.Data = encode(data)
	if g.chance(3) {
		c.Data = encode(g.value(2))
	}
	return c
}

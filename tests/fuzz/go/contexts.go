// contexts.go - pieces of each language that a page may hold, in any order,
// where that language stands. generate.go makes places as people write them;
// here quotes, comments and brackets open and close wherever they like, also in
// branches, loops and templates.
package main

import (
	"fmt"
	"strings"
)

var pieces = map[string][]string{
	"html": {
		"<", "</", ">", "/>", "<p", "<p>", "</p>", "<a ", "<script", "<script>", "</script>",
		"</script", "</SCRIPT>", "</ScRiPt >", "<STYLE>", "</style/", "<title>", "</title>",
		"<TITLE>", "<textarea>", "</textarea>", "<TextArea ", "<!--", "-->", "<!", "<!doctype html>",
		"<!DOCTYPE", "<![CDATA[", "]]>", "<?xml ?>", "<!--[if IE]>", "<![endif]-->", "--", "->",
		"x", " ", "\n", "\t", "\"", "'", "=", "/", "&", "&lt;", "&amp", "<x-y", "<x:y>", "<x->",
		"<1", "< a", "<é", "<template>", "<plaintext>", "<br/>", "<b\n>", "<\x00b>", "<scriptx>",
		"<script/>", "<style ", "<script ", "<script type=text/template>", "<script type='module'",
	},
	"tag": {
		" ", " ", "\n", "\f", "\v", "\r", "\t", "/", "=", " =", "= ", "\"", "'", ">", "<", "a", "title",
		"href", "src", "ONCLICK", "on", "StYlE", "srcset", "data-", "data-href", "data-onclick",
		"xmlns:", "xmlns", "xlink:href", "a:onclick", "a:b:href", "my-url", "fooURI", "content",
		"action", "bac\u212aground", "\u0130con", "srcdoc", "type", "value", "class", "usemap",
		"data-data-href", ":href", "href:", "@click", "[src]", "a\x00b", "é", "`", "checked",
		"x=y", "x=\"y\"", "x='y'", "x=", "=x", "/>", "x/", "p", "rc",
	},
	"value": {
		"a", "b c", " ", "\"", "'", "`", "<", ">", "=", "&", "&quot;", "&#34;", "&#x22", "&apos;",
		"&amp;", "&lt", "&notanentity;", "\n", "\t", "\x00", "é", "/", "/>",
	},
	"url": {
		"http://", "https://", "h", "HTTP:", "javascript:", "javascript&colon;", "java&Tab;script:",
		"data:", "mailto:", "/", "//", "?", "&#63;", "&quest;", "#", "&num;", "&", "&amp;", "=", "a",
		":", ";", ",", "%", "%20", "%2", " ", "\n", "&nbsp;", "&#32;", "&NewLine;", "\"", "'", "..",
		"é", "[", "@", "\f", "\v", "&Tab", "&#9", "&#0;", " 2x", " 100w", "&comma;", "1.5x",
	},
	"css": {
		"color", ":", ";", " ", "{", "}", "(", ")", "[", "\"", "'", "url(", "URL(", "Url (", "url( ",
		"url('", "url(\"", "url(/a", "xurl(", "-url(", "éurl(", "\\url(", "u rl(", "expression(",
		"/*", "*/", "//", "/", "\\", "\\\"", "\\'", "\\22 ", "\\22", "\\3f", "\\23 ", "\\a", "\\\n",
		"\n", "\r", "\f", "\t", "#", "?", "a", ".", "*", "+", ">", "<!--", "-->", "<", "@import ",
		"10px", "é", "&quot;", "&#39;", "&lpar;", "&sol;", "&bsol;", "--x:", "http://", "%",
	},
	"js": {
		"a", "b1", "$x", "_", "x++", "x--", "+", "-", "++", "--", "---", "+++", "*", "/", "/=", "//",
		"/*", "*/", "(", ")", "[", "]", "{", "}", ";", ",", ".", "1.", "1", ":", "?", "!", "~", "=",
		"=>", "<", ">", "&", "|", "^", "%", "?.", "...", "\"", "'", "\\", "\\\"", "\\'", "\\n", "\n",
		"\r", "\u2028", "\u2029", " ", " ", "return", "typeof ", "in ", "instanceof ", "case ", "do ",
		"else", "throw ", "new ", "yield ", "var ", "function(){", "try", "xreturn", "$return",
		"éreturn", "this", "@", "]]>", "/re/", "/[/]/", "[^", "/g", "&quot;", "&#39;", "&amp;", "&lt;",
		"&#47;", "&#x2F;", "&#x110000;", "&sol;", "é", "\x00", "1e5", "\"s\"", "'s'", "//c\n", "/*c*/", "/*\n*/", "`t`",
	},
	"type": {
		"text/javascript", "TEXT/JavaScript", "module", "application/json", "application/ld+json",
		"importmap", "speculationrules", "text/template", "text/babel", "text/javascript1.5",
		"text/javascript1.6", ";version=1", " ; charset=utf-8", " ", "\t", "text/plain", "json",
		"&#116;ext/javascript", "text&sol;javascript", "appl\u0130cation/json", "\u00a0", "\u0085",
		"\u2003", "text/livescript", "text/jscript",
	},
}

// What stands around each language; @ is the soup, ' may be any quotes.
var around = []struct{ language, text string }{
	{"html", "@"}, {"html", "@"}, {"html", "<title>@</title>"}, {"html", "<textarea>@</Textarea>"},
	{"tag", "<a @>"}, {"tag", "<a@>"}, {"tag", "<script @>"}, {"tag", "<img @/>"}, {"tag", "<x-y\n@ >"},
	{"value", "<p title='@'>"}, {"url", "<a href='@'>"}, {"url", "<img srcset='@'>"},
	{"url", "<p data-my-url='@'>"}, {"css", "<style>@</style>"}, {"css", "<p style='@'>"},
	{"js", "<script>@</script>"}, {"js", "<script>@</script>"}, {"js", "<p onclick='@'>"},
	{"type", "<script type='@'>{{.s}}</script>"},
}

// small are the values and statements between the pieces. They hardly fail, so
// that pages are seen to their end.
var small = []string{
	"{{.s}}", "{{.s}}", "{{.s}}", "{{.t}}", "{{.x}}", "{{.l}}", "{{.f}}", "{{.missing}}", "{{.s | html}}",
	"{{urlquery .s}}", "{{js .t}}", "{{html .s .t}}", "{{- .s -}}", "{{print .s | urlquery}}", "{{$}}",
	"{{if .y}}@{{end}}", "{{if .n}}@{{else}}@{{end}}", "{{with .o}}@{{else}}@{{end}}",
	"{{range .w}}@{{end}}", "{{range .w}}@{{if $.n}}@{{break}}{{end}}@{{else}}@{{end}}",
	"{{range .w}}{{if $.y}}@{{continue}}{{end}}@{{end}}", "{{$v := .s}}@{{$v}}", "{{/* c */}}",
}

func (g *gen) between(language string) string {
	if g.defined > 0 && g.chance(5) {
		return g.act("template \"t0\" .")
	}
	var b strings.Builder
	for _, part := range strings.SplitAfter(g.pick(small), "@") {
		b.WriteString(strings.TrimSuffix(part, "@"))
		if strings.HasSuffix(part, "@") {
			b.WriteString(g.mixed(language, 3))
		}
	}
	return b.String()
}

// mixed is at most n pieces of the language, some of them values.
func (g *gen) mixed(language string, n int) string {
	var b strings.Builder
	for n = g.Intn(n + 1); n > 0; n-- {
		if g.left > 0 && g.chance(30) {
			g.left--
			b.WriteString(g.between(language))
		} else {
			b.WriteString(g.pick(pieces[language]))
		}
	}
	return b.String()
}

// recursive is the body of the next template, calling itself as well, once.
func (g *gen) recursive(body string) string {
	call := fmt.Sprintf("{{with .o}}{{template \"t%d\" .}}{{end}}", g.defined)
	if g.chance(50) {
		body = g.mixed(around[g.Intn(len(around))].language, 3)
	}
	if g.chance(50) {
		return call + body
	}
	return body + call
}

func (g *gen) context() string {
	a := around[g.Intn(len(around))]
	text := strings.ReplaceAll(a.text, "'", g.pick([]string{"'", "\"", ""}))
	return strings.Replace(text, "@", g.mixed(a.language, 9), 1)
}

#!/bin/sh
# The shapes of trees and updates, by the examples of LiveTemplate's documents.
lvt=${LVT_BUILDDIR:?}/lvt
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
n=0
# tree TITLE TEMPLATE DATA TREE
tree() {
	printf %s "$2" >page.tmpl
	printf %s "$3" >data
	same "$1" "$("$lvt" tree -d data page.tmpl 2>&1)" "$4"
}
# update TITLE TEMPLATE OLD NEW UPDATE
update() {
	printf %s "$2" >page.tmpl
	printf %s "$3" >old
	printf %s "$4" >new
	same "$1" "$("$lvt" diff -a old -b new page.tmpl 2>&1)" "$5"
}
same() {
	n=$((n + 1))
	if test "$2" = "$3"; then
		echo "ok $n - $1"
	else
		printf 'not ok %s - %s\n# got    %s\n# wanted %s\n' $n "$1" "$2" "$3"
	fi
}
list='<ul>{{range .l}}<li data-key="{{.k}}">{{.v}}</li>{{end}}</ul>'
l() { printf '{"l":['; s=; for k; do printf '%s{"k":"%s","v":"%s"}' "$s" "${k%%=*}" "${k#*=}"; s=,; done; printf ']}'; }

tree 'a field: the text around it is static, its value dynamic' \
    '<div>Hello {{.Name}}</div>' '{"Name":"World"}' \
    '{"s":["<div>Hello ","</div>"],"0":"World"}'
tree 'a condition: its branch is a tree in the tree' \
    '<div>{{if .Show}}<p>{{.Message}}</p>{{end}}</div>' '{"Show":true,"Message":"Hello"}' \
    '{"s":["<div>","</div>"],"0":{"s":["<p>","</p>"],"0":"Hello"}}'
tree 'a condition that does not hold is empty' \
    '<div>{{if .Show}}<p>{{.Message}}</p>{{end}}</div>' '{}' \
    '{"s":["<div>","</div>"],"0":""}'
tree 'a range: its items share their statics' \
    '<ul>{{range .Items}}<li>{{.}}</li>{{end}}</ul>' '{"Items":["Item 1","Item 2"]}' \
    '{"s":["<ul>","</ul>"],"0":{"s":["<li>","</li>"],"d":[{"0":"Item 1"},{"0":"Item 2"}]}}'
tree 'with: the dot is another' '{{with .User}}<b>{{.Name}}</b>{{end}}' '{"User":{"Name":"Ann"}}' \
    '{"s":["",""],"0":{"s":["<b>","</b>"],"0":"Ann"}}'
tree 'template: what is called is a tree of its own' \
    '{{define "head"}}<h1>{{.}}</h1>{{end}}{{template "head" .T}}' '{"T":"Hi"}' \
    '{"s":["",""],"0":{"s":["<h1>","</h1>"],"0":"Hi"}}'
tree 'objects are walked in the order of their names, whatever order they came in' \
    '{{range $k, $v := .}}{{$k}}={{$v}} {{end}}' '{"b":2,"c":3,"a":1}' \
    '{"s":["",""],"0":{"s":["","="," "],"d":[{"0":"a","1":"1"},{"0":"b","1":"2"},{"0":"c","1":"3"}]}}'
update 'nothing changed: nothing is sent' '<p>{{.n}}</p>' '{"n":1}' '{"n":1}' '{}'
update 'one value changed: that one is sent, without statics' '<p>{{.a}} {{.b}}</p>' '{"a":1,"b":2}' '{"a":1,"b":3}' '{"1":"3"}'
update 'a change deep inside: the way to it and no more' \
    '{{if .a}}<p>{{.x}}{{if .b}}<i>{{.y}}</i>{{end}}</p>{{end}}' '{"a":1,"b":1,"x":1,"y":1}' '{"a":1,"b":1,"x":1,"y":2}' \
    '{"0":{"1":{"0":"2"}}}'
update 'what is new comes with its statics' '{{if .a}}<p>{{.x}}</p>{{end}}' '{"x":1}' '{"a":1,"x":1}' '{"0":{"s":["<p>","</p>"],"0":"1"}}'
update 'u: an item changes' "$list" "$(l a=1 b=2)" "$(l a=1 b=3)" '{"0":[["u","b",{"1":"3"}]]}'
update 'i: an item comes, after another one' "$list" "$(l a=1 c=3 d=4 e=5)" "$(l a=1 b=2 c=3 d=4 e=5)" '{"0":[["i","a","after",{"0":"b","1":"2"}]]}'
update 'r: an item goes' "$list" "$(l a=1 b=2 c=3)" "$(l a=1 c=3)" '{"0":[["r","b"]]}'
update 'o: the order is another' "$list" "$(l a=1 b=2 c=3 d=4 e=5 f=6)" "$(l f=6 e=5 d=4 c=3 b=2 a=1)" '{"0":[["o",["f","e","d","c","b","a"]]]}'
echo "1..$n"

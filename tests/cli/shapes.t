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
# step TITLE TEMPLATE OLD NEW UPDATE: the same, and it leads a client to the page.
step() {
	update "$@"
	"$lvt" tree -d old page.tmpl >tree
	"$lvt" diff -a old -b new page.tmpl >change
	"$lvt" apply tree change >after
	same "$1: the page is right" "$("$lvt" html after 2>&1)" \
	    "$("$lvt" render -d new page.tmpl)"
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
# What LiveTemplate's own updates get wrong, by the causes that were found.
step 'u: a value that becomes empty is sent' "$list" "$(l a=1 b=2)" "$(l a=1 b=)" '{"0":[["u","b",{"1":""}]]}'
step 'u: a branch without values that comes into an item brings its statics' \
    '{{range .l}}<p id="{{.k}}">{{.v}}{{if .done}} done{{else}} open{{end}}</p>{{end}}' \
    '{"l":[{"k":"a","v":1},{"k":"b","v":2}]}' '{"l":[{"k":"a","v":1,"done":1},{"k":"b","v":2}]}' \
    '{"0":[["u","a",{"2":{"s":[" done"]}}]]}'
step 'u: a branch with a value that comes into an item brings its statics' \
    '{{range .l}}<p id="{{.k}}">{{if .n}}<em>{{.n}}</em>{{end}}</p>{{end}}' \
    '{"l":[{"k":"a"},{"k":"b"}]}' '{"l":[{"k":"a"},{"k":"b","n":"z"}]}' \
    '{"0":[["u","b",{"1":{"s":["<em>","</em>"],"0":"z"}}]]}'
step 'i: a new item brings the statics of its branches' \
    '{{range .l}}<p id="{{.k}}"><b>{{.k}}</b>{{if .done}} done{{else}} open{{end}}</p>{{end}}' \
    '{"l":[{"k":"a"},{"k":"b"}]}' '{"l":[{"k":"c"},{"k":"a"},{"k":"b"}]}' \
    '{"0":[["i",null,"start",{"0":"c","1":"c","2":{"s":[" open"]}}]]}'
step 'a list that empties is gone, wherever its items have their keys' \
    '{{range .l}}<p class="{{.c}}" id="{{.k}}">{{.k}}</p>{{end}}' \
    '{"l":[{"k":"a","c":1},{"k":"b","c":2}]}' '{"l":[]}' '{"0":""}'
step 'm: a move is not lost among other changes' "$list" "$(l a=1 b=2 c=3 d=4 e=5)" "$(l e=5 a=7 b=2 c=3 d=4)" \
    '{"0":[["m","e",null],["u","a",{"1":"7"}]]}'
step 'i: two new items behind one keep their order' "$list" "$(l a=1 b=2 c=3)" "$(l a=1 x=8 y=9 b=2 c=3)" \
    '{"0":[["i","a","after",[{"0":"x","1":"8"},{"0":"y","1":"9"}]]]}'
step 'with: its other branch shifts no slot' '<div>{{with .u}}<b>{{.}}</b>{{else}}<em>guest</em>{{end}}</div><p>{{.n}}</p>' \
    '{"n":5}' '{"u":"a","n":6}' '{"0":{"s":["<b>","</b>"],"0":"a"},"1":"6"}'
step 'range: its else is a tree of its own' '<ul>{{range .l}}<li id="{{.}}">{{.}}</li>{{else}}<li class="none">nothing, {{.n}}</li>{{end}}</ul>' \
    '{"l":["a"],"n":"z"}' '{"l":[],"n":"z"}' '{"0":{"s":["<li class=\"none\">nothing, ","</li>"],"0":"z"}}'
step 'range in range: an inner list has operations of its own' \
    '{{range .l}}<ul id="{{.k}}">{{range .v}}<li id="{{.}}">{{.}}, to be long enough</li>{{end}}</ul>{{end}}' \
    '{"l":[{"k":"a","v":["x","y","z"]}]}' '{"l":[{"k":"a","v":["x","z"]}]}' '{"0":[["u","a",{"1":[["r","y"]]}]]}'
step 'range: its variables have values' '{{range $i, $t := .l}}<p id="{{$t.k}}">{{$i}}. {{$t.v}} of {{len $.l}}</p>{{end}}' \
    "$(l a=1 b=2 c=3)" "$(l a=1 b=2 c=9)" '{"0":[["u","c",{"2":"9"}]]}'
step 'range: a map is a list of its names' '{{range $k, $v := .m}}<p id="{{$k}}">{{$k}} has the value {{$v}}</p>{{end}}' \
    '{"m":{"c":1,"a":2,"b":3}}' '{"m":{"b":3,"a":4,"c":1}}' '{"0":[["u","a",{"2":"4"}]]}'
step 'a URL that is unsafe in the page is so in the update' '<a href="{{.u}}">x</a>' \
    '{"u":"/a"}' '{"u":"javascript:alert(1)"}' '{"0":"#ZgotmplZ"}'
step 'a text in a script is escaped for it' '<script>var m = {{.t}};</script>' \
    '{"t":"x"}' '{"t":"a&b"}' '{"0":"\"a\\u0026b\""}'
step 'an unquoted attribute is escaped for that' '<p title={{.t}}>' '{"t":"x"}' '{"t":"a b"}' '{"0":"a&#32;b"}'
step 'a variable of the page follows' '{{$n := .n}}<p>{{$n}}</p>{{if .c}}{{$n}}{{end}}' \
    '{"n":1,"c":1}' '{"n":2,"c":1}' '{"0":"2","1":{"0":"2"}}'
step 'template: a branch in a called item' '{{define "row"}}<p id="{{.k}}">{{.v}}{{if .on}} on{{end}}</p>{{end}}{{range .l}}{{template "row" .}}{{end}}' \
    '{"l":[{"k":"a","v":1,"on":1},{"k":"b","v":2}]}' '{"l":[{"k":"a","v":1},{"k":"b","v":2}]}' '{"0":[["u","a",{"0":{"2":""}}]]}'
step 'a page that is one range' '{{range .l}}<p id="{{.k}}">{{.v}}</p>{{end}}' "$(l a=1 b=2 c=3)" "$(l b=2 c=3)" '{"0":[["r","a"]]}'
step 'two lists of one shape are two' '<ul>{{range .l}}<li id="{{.}}">{{.}}</li>{{end}}</ul><ul>{{range .m}}<li id="{{.}}">{{.}}</li>{{end}}</ul>' \
    '{"l":["a","b"],"m":["a","b"]}' '{"l":["a","b"],"m":["b"]}' '{"1":[["r","a"]]}'
step 'if: its list is changed once, and stays when another slot changes' '{{if .c}}{{range .l}}<p id="{{.}}">{{.}}</p>{{end}}{{end}}{{.n}}' \
    '{"c":1,"n":6,"l":["a","b"]}' '{"c":1,"n":7,"l":["a","b"]}' '{"1":"7"}'
echo "1..$n"

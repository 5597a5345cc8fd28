#!/bin/sh
# What lvt and an app's own command say to somebody who begins: what is wrong,
# where, and what to do.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
lvt=$LVT_BUILDDIR/lvt
cd "$dir" || exit 1
# says STATUS TEXT COMMAND...: it ends so, and says that.
says() {
	_status=$1 _text=$2
	shift 2
	timeout 100 "$@" >"$dir/said" 2>&1
	is $? "$_status" && grep -qF -e "$_text" "$dir/said" || { cat "$dir/said"; return 1; }
}
script() { printf '#!/bin/sh\n%s\n' "$2" >"$dir/$1" && chmod +x "$dir/$1"; }

it 'serve: a program that was not built, and how it is' 'says 1 "; build it first: cc ./hello.c \$(pkg-config" "$lvt" serve ./hello'
it 'a folder, and a file that is no program' '
	says 1 "is a folder; name the program in it" "$lvt" serve "$dir" &&
	says 1 "name what the compiler made" "$lvt" serve "$LVT_SRCDIR/README.md"'
it 'a program of something else, whether it ends or not' '
	says 1 "return lvt_app_main(" "$lvt" serve /bin/true && script other "echo hello; exec sleep 1000" &&
	says 1 "return lvt_app_main(" "$lvt" serve ./other'
it 'a program that does not start, after what it says itself' '
	script wrong "exec $app --rate much \"\$@\"" && says 1 "does not start: mend what is said above" "$lvt" serve ./wrong &&
	grep -q "testapp: --rate: .much. is no number from 0 to" "$dir/said"'
it 'a template that is broken is no reason not to start: the page shows it' '
	script fine "exec $app --templates $dir/none \"\$@\""
	"$lvt" serve --port "$(web_port)" --db "$dir/fine.db" ./fine >"$dir/said" 2>&1 & _pid=$!
	web_wait "grep -q http://localhost: \"\$dir/said\""; _rc=$?; kill $_pid; wait $_pid; is $_rc 0'
it 'a database in a folder that is not there, and one that everybody could fetch' '
	says 1 "No such file or directory; --db names another file" "$lvt" serve --db "$dir/none/x.db" "$app" &&
	says 1 "from which everybody can fetch it; --db names another file" "$lvt" serve --index "$dir" --db "$dir/x.db" "$app" && ! test -e "$dir/x.db"'
it 'a port that is taken, and one that is none' '
	port=$(web_port); perl -MIO::Socket::INET -e "my \$s = IO::Socket::INET->new(Listen => 1, LocalAddr => q(127.0.0.1), LocalPort => $port); sleep 100" & _pid=$!
	web_wait "web_answers $port" && says 1 "port $port is taken by another program; choose one with --port" "$lvt" serve --port "$port" --db "$dir/port.db" "$app"
	_rc=$?; kill $_pid; is $_rc 0 && says 2 "must be a number from 1 to 65535" "$lvt" serve --port 99999 "$app"'
it 'an option that there is not: where they are told' 'says 2 "lvt serve --help tells more" "$lvt" serve --prt 1 "$app" && grep -q -e "--prt" "$dir/said"'

it 'new: a name, and one that nobody has' '
	says 2 "no NAME is given" "$lvt" new && says 2 "is no name for a program" "$lvt" new a/b && says 2 "is no name" "$lvt" new check &&
	says 0 "cd guest && make serve" "$lvt" new guest && says 1 "cannot make the folder '\''guest'\'': File exists" "$lvt" new guest'
it 'its template is one that nothing can be said about' '"$lvt" check guest/guest.tmpl >"$dir/said" && is "$(cat "$dir/said")" ""'

it 'app: a command, or a setting, that is almost right' '
	says 2 "did you mean '\''broadcast'\''?" "$app" brodcast && says 2 "no setting '\''--templats'\''; did you mean '\''--templates'\''?" "$app" --templats x config'
it 'words that it takes for none' '
	for words in "status more" "config more" "token eve soon" "token eve 0" "fcgi --socket unix:$dir/s --workers some"; do
		says 2 "usage: testapp ${words%% *} " "$app" $words || return 1; done'
it 'a file that is not there' 'says 1 "unable to open none.json: No such file" "$app" render / --data none.json && ! grep -q "line -1" "$dir/said"'
it 'a folder in the place of a database: which, and why not' 'says 1 "cannot open the database '\''$dir'\'': Is a directory" "$lvt" status --db "$dir"'
it 'a database in a folder that is not there' '
	says 1 "cannot open the database '\''$dir/none/x.db'\'': its folder is not there" env LVT_DB="$dir/none/x.db" "$app" status'
it 'publish: a database that no app has made' '
	says 0 "there was no database '\''$dir/typo.db'\'': it is new, and no app has it" "$lvt" publish --db "$dir/typo.db" a.b c 1 &&
	"$lvt" publish --db "$dir/typo.db" a.b c 1 >"$dir/said" 2>&1 && ! grep -q new "$dir/said"'
it 'a port that is none' '
	for port in 99999 0 -1 1x ""; do says 1 "a port is a number from 1 to 65535" "$app" fcgi --socket ":$port" || return 1; done'
it 'serve: a library that is missing' 'script loose "exit 127" && says 1 "run ldconfig after make install" "$lvt" serve ./loose'
it 'check: a member of .lvt that there is not, with its place' '
	mkdir -p tmpl && cp "$LVT_TEMPLATES"/* tmpl/ && printf "<p>\n{{if .lvt.HasEror \"x\"}}a{{end}}</p>" >tmpl/counter.tmpl &&
	says 1 "counter.tmpl:2:6: .lvt has no member \"HasEror\"; it has HasError, Error" env LVT_TEMPLATES="$dir/tmpl" "$app" check'
done_testing

#!/bin/sh
# A worker remembers the page that its last action ended with. Whatever changes
# the page without it, the next action begins with the page as it is.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
cp -r "$LVT_SRCDIR/tests/app/templates" "$dir/templates"
LVT_TEMPLATES=$dir/templates LVT_DEV=1
export LVT_TEMPLATES LVT_DEV
sessions() { "${LVT_BUILDDIR:?}/lvt" sessions --db "$LVT_DB" "$@"; }

# What a process that remembers nothing shows: its view.
truth() { (via=cgi; get / HTTP_ACCEPT=application/vnd.lvt+json && field '$j->{meta}{view}'); }
# Each of the two workers has acted, mostly more than once.
act_often() { for _i in 1 2 3 4 5 6; do act / add '{}' || return 1; done; }
# An action names the page that was there, and leads to the one that is there.
agrees() {
	for _i in 1 2 3 4; do
		_before=$(truth) && act / add '{}' HTTP_LVT_VIEW="$_before" &&
		    json '$j->{meta}{success}' &&
		    is "$(field '$j->{meta}{base}')" "$_before" &&
		    is "$(field '$j->{meta}{view}')" "$(truth)" || return 1
	done
}
shows() { (via=cgi; get / && has "$1"); get / && has "$1"; }

act_often
it 'actions that follow each other agree with what others see' 'agrees'
it 'so does one after an action in another process' '
	(via=cgi; act / add "{\"value\":100}") && agrees && shows "<b>114</b>"'
it 'so does one after a broadcast, and after its text was taken back' '
	"$app" broadcast "{\"notice\":\"tea\"}" >/dev/null && agrees && shows "<i>tea</i>" &&
	"$app" broadcast "{\"notice\":null}" >/dev/null && agrees && shows "<i></i>"'
it 'so does one after the state was set by hand, to the value that it had before, too' '
	sessions export >"$dir/all" && sessions --app testapp set / shared "{\"n\":7,\"notice\":\"set\"}" && agrees && shows "<b>11</b> <i>set</i>" &&
	sessions --app testapp set / shared "{\"n\":7,\"notice\":\"set\"}" && agrees && shows "<b>11</b>"'
it 'so does one after an import' '
	sessions import <"$dir/all" && shows "<b>122</b>" && agrees && shows "<b>126</b>"'
it 'so does one after the session was deleted' '
	"$app" sessions delete / shared && agrees && shows "<b>4</b>"'
it 'so does one after the template was changed' '
	# Later than any other: file systems keep times in steps.
	act_often && echo "<p>{{.n}} {{.notice}}</p>" >"$dir/new" && touch -d "@$(($(date +%s) + 10))" "$dir/new" && mv "$dir/new" "$dir/templates/counter.tmpl" &&
	agrees && shows "<p>14 </p>"'
done_testing

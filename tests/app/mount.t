#!/bin/sh
# Pages over tables of one's own: mount loads them, refresh says that they have
# changed, and what an action writes there commits with it.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/worksapp
cookie="livetemplate-id=$(printf %043d 1)"
PRICE_FILE=$dir/price
export PRICE_FILE
at_end 'streams_stop'
echo 0 >"$PRICE_FILE"
get /
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

it 'SQL of the application commits with the action' '
	act / line "{\"text\":\"one\"}" && json "\$j->{meta}{success}" && get / && has "n=1"'
it 'and if it fails, nothing of the action happened' '
	act / line "{\"text\":\"one\"}" && json "!\$j->{meta}{success}" && get / && has "n=1"'
it 'mount loads from elsewhere on a full page load' '
	echo 5 >"$PRICE_FILE" && get /price && has "price=5"'
it 'for a group that has acted it commits what it changed' '
	act /price add "{}" && echo 6 >"$PRICE_FILE" && get /price && has "price=6" && has "n=1" &&
	get /price HTTP_ACCEPT=application/json && json "\$j->{meta}{rev} == 2"'
it 'and nothing where it changed nothing' '
	before=$(outbox) && get /price && is "$(outbox)" "$before"'
it 'a sync does not run it' '
	echo 7 >"$PRICE_FILE" && before=$(outbox) && get /price HTTP_ACCEPT=application/vnd.lvt+json && is "$(outbox)" "$before"'
it 'refresh runs it for those who have acted: their pages follow' '
	"$app" refresh /price >"$dir/r" && cat "$dir/r" && grep -q "^1 sessions changed" "$dir/r" &&
	get /price HTTP_ACCEPT=application/json && json "grep { /7/ } map { JSON::PP->new->allow_nonref->encode(\$_) } \$j"'
it 'refresh of one group leaves the others' '
	echo 8 >"$PRICE_FILE" && "$app" refresh /price --group nosuch >"$dir/r" && grep -q "^0 sessions" "$dir/r"'
it 'a page without mount cannot be refreshed' '! "$app" refresh / 2>"$dir/e" && grep -q "no mount" "$dir/e"'
it 'whoever watches sees it by an update, without asking' '
	act /price add "{}" && watch one /price && echo 21 >"$PRICE_FILE" && "$app" refresh /price &&
	web_wait "grep -q \"^event: update\" \"\$dir/one\"" && grep -q "\"21\"" "$dir/one"'
it 'a refresh that finds nothing new changes no state' '
	get /price && rev=$(attr rev) && "$app" refresh /price >"$dir/r" && grep -q "^0 sessions" "$dir/r" && get /price && is "$(attr rev)" "$rev"'
done_testing

#!/bin/sh
# "My own tables changed": an action has mount run again, for those who watch.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/worksapp
at_end streams_stop
PRICE_FILE=$dir/price
export PRICE_FILE
price() { echo "$1" >"$PRICE_FILE.new" && mv "$PRICE_FILE.new" "$PRICE_FILE"; }
browser() { cookie="livetemplate-id=$(printf %043d "$1")"; }
price 5
browser 1; act /price add '{}'
browser 2; act /price add '{}'
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
state() { "$LVT_BUILDDIR/lvt" sessions --db "$LVT_DB" --app worksapp get /price "$(printf %043d "$1")" | grep -o '"price":[0-9]*'; }

it 'a group that is named' '
	price 6; browser 9; act / reprice "{\"page\":\"/price\",\"group\":\"$(printf %043d 1)\"}" && json "\$j->{meta}{success}" &&
	is "$(state 1)" "\"price\":6" && is "$(state 2)" "\"price\":5"'
it 'all that watch, and whoever watches follows' '
	browser 1; watch one /price && web_wait "\"\$app\" status | grep -q \"^streams *1\"" && price 7 && browser 9 &&
	act / reprice "{\"page\":\"/price\"}" && json "\$j->{meta}{success}" && is "$(state 1)" "\"price\":7" &&
	web_wait "grep -q \"^event: update\" \"\$dir/one\"" && is "$(state 2)" "\"price\":5"'
it 'those who do not have it with the next full load' 'browser 2; get /price && is "$(state 2)" "\"price\":7"'
it 'those without a state of their own are told to ask' '
	price 8; browser 3; watch three /price && web_wait "\"\$app\" status | grep -q \"^streams *2\"" && browser 9 &&
	act / reprice "{\"page\":\"/price\"}" && web_wait "grep -q \"^event: stale\" \"\$dir/three\"" && ! grep -q "^event: stale" "$dir/one"'
it 'a page that has no mount is an error, and nothing happens' '
	act / reprice "{\"page\":\"/\"}" && json "!\$j->{meta}{success}" && act / reprice "{\"page\":\"/nowhere\"}" && json "!\$j->{meta}{success}"'
done_testing

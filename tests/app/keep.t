#!/bin/sh
# How long states live: those that somebody watches, and those that are moved.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/worksapp
id=$(printf %043d 1)
cookie="livetemplate-id=$id"
at_end streams_stop
get /
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
sessions() { "$LVT_BUILDDIR/lvt" sessions --db "${db-$LVT_DB}" "$@"; }
# The seconds that the session of that page lives after its last use.
ttl() { sessions export | P="$1" perl -MJSON::PP -ne '$j = decode_json($_);
	print $j->{ttl} ? $j->{ttl} : "never" if $j->{page} eq $ENV{P}'; }
# A day, of which a slow machine may have spent some seconds.
day() { test "$1" -gt 86300 && test "$1" -le 86400; }
present() { "$LVT_BUILDDIR/lvt" status --db "$LVT_DB" | grep -q "^connections  *$1\$"; }

it 'what a stream shows does not expire, nor does gc take it' '
	act /brief add "{}" && watch one /brief && web_wait "present 1" && sleep 6 && "$app" gc && "$LVT_BUILDDIR/lvt" gc --db "$LVT_DB" &&
	get /brief HTTP_IF_NONE_MATCH=x && has "n=1"'
it 'when the stream has ended it does, after its time' '
	unwatch one && web_wait "present 0"; web_wait "sleep 5; get /brief; has n=0"; has "n=0"'
it 'a state that is set lives as long as before' '
	act /brief add "{}" && sessions --app worksapp set /brief $id "{\"n\":7}" && is "$(ttl /brief)" 4 &&
	act / add "{}" && sessions --app worksapp set / $id "{\"n\":7}" && day "$(ttl /)"'
it 'one of a browser that is new lives a day, one with a name for ever' '
	sessions --app worksapp set /price $id "{\"n\":7}" && day "$(ttl /price)" &&
	sessions --app worksapp set /room/1 shared "{\"n\":7}" && is "$(ttl /room/1)" never'
it 'an export carries the time to live into another database' '
	sessions export | grep -v "/brief" >"$dir/all" && db=$dir/other.db && LVT_DB=$db "$app" status >/dev/null && sessions import <"$dir/all" &&
	day "$(ttl /)" && is "$(ttl /room/1)" never'
it 'lines without one get the usual' '
	db=$dir/third.db && LVT_DB=$db "$app" status >/dev/null &&
	echo "{\"app\":\"worksapp\",\"page\":\"/\",\"group\":\"$id\",\"user\":\"\",\"state\":{\"n\":3}}" | sessions import &&
	day "$(ttl /)"'
done_testing

#!/bin/sh
# Logging in: what a browser did before is left behind, or taken along; and what
# the agent does in a user's state.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/peopleapp
at_end streams_stop
browser() { cookie="livetemplate-id=$(printf %043d "$1")"; }
# The cookies that the last answer set, in place of those of that name.
take_cookies() { for _c in $(sed -n '/^$/q;s/^Set-Cookie: \([^;]*\);.*/\1/p' "$out"); do
	cookie=$(echo "$cookie" | tr ';' '\n' | sed 's/^ //' | grep -v "^${_c%%=*}=" | tr '\n' ';')$_c; done; }
# USER CARRY: log in, and go to /mine as that user.
login() { act /door login "{\"user\":\"$1\",\"carry\":\"$2\"}" && json '$j->{meta}{success}' && take_cookies && get /mine && has "<p>$1"; }
items() { body | grep -o '<li>[^<]*' | sed 's/<li>//' | tr '\n' ' '; }
put() { act "$1" put "{\"item\":\"$2\"}" && json '$j->{meta}{success}'; }
sessions() { "$LVT_BUILDDIR/lvt" sessions --db "$LVT_DB" "$@"; }

it 'by default nothing is taken along' '
	browser 1 && put /cart apple && login ann "" && is "$(items)" "" && get /cart && is "$(items)" ""'
it 'asked for, it becomes the state of a user who has none' '
	browser 2 && put /cart apple && put /cart pear && login bob take && is "$(items)" "apple pear " && put /mine plum && get /mine &&
	is "$(items)" "apple pear plum "'
it 'a user who has one keeps it' 'browser 3 && put /cart nut && login bob take && is "$(items)" "apple pear plum "'
it 'a function may join the two' 'browser 4 && put /cart fig && login bob join && is "$(items)" "apple pear plum fig "'
it 'also where the user had none' 'browser 5 && put /cart fig && login cat join && is "$(items)" "fig "'
it 'a browser that did nothing brings nothing' 'browser 6 && login dan take && is "$(items)" "" && sessions export | grep -c "\"dan\"" | grep -q 0'
it 'who logs in next with the same browser gets nothing of the one before' '
	browser 7 && put /cart kiwi && login eve take && is "$(items)" "kiwi " && act /mine logout "{}" && take_cookies &&
	get /cart && is "$(items)" "" && login fay take && is "$(items)" ""'
it 'nor who logs in without the other having gone' '
	browser 23 && login gus "" && put /cart kiwi && login hue take && is "$(items)" ""'
it 'whoever logs in anew takes along what they did meanwhile' '
	browser 24 && login ian "" && put /cart kiwi && login ian take && is "$(items)" "kiwi "'
it 'a name that is not UTF-8 is nobody'"'"'s, and the author is told' '
	browser 30 && act /door latin "{}" LVT_DEV=1 && json "!\$j->{meta}{success} && \$j->{meta}{errors}{_general} =~ /^lvt_login\(\): .*not UTF-8/"'
it 'without a login in the same action it is an error, and nothing happens' '
	browser 8 && put /cart lime && act /door carry "{}" && json "!\$j->{meta}{success}" && get /cart && is "$(items)" "lime "'
it 'the same action twice takes it along once' '
	browser 9 && put /cart fig && act /door login "{\"user\":\"gil\",\"carry\":\"join\"}" HTTP_LVT_KEY=once &&
	act /door login "{\"user\":\"gil\",\"carry\":\"join\"}" HTTP_LVT_KEY=once && take_cookies && get /mine && is "$(items)" "fig "'
it 'a state that came so lives as long as others of users: for ever' '
	sessions export | grep "\"page\":\"/mine\",\"group\":\"bob\",\"user\":\"bob\"" | grep -q "\"ttl\":0"'

name=$(printf %043d 20)
it 'a cookie that is called as a user is shows nothing of theirs, and changes nothing' '
	act /open put "{\"item\":\"gold\"}" HTTP_X_USER=$name && browser 20 && get /open && status 200 && is "$(items)" "" &&
	put /open lead && cookie= && get /open HTTP_X_USER=$name && is "$(items)" "gold "'
it 'nor does a user whose name is one colon more' '
	act /open put "{\"item\":\"tin\"}" HTTP_X_USER=:$name && get /open HTTP_X_USER=:$name && is "$(items)" "tin " &&
	get /open HTTP_X_USER=$name && is "$(items)" "gold "'
it 'what such a user does is kept, as that of others is: for ever, and taken along' '
	sessions export | grep "\"user\":\"$name\"" | grep -q "\"ttl\":0" && browser 21 && put /cart fig && login $name take && is "$(items)" "fig "'
it 'the agent knows whose the state is' '
	"$app" agent --once; "$app" publish parcel.sent made "{\"to\":\":$name\",\"item\":\"nut\"}" && "$app" agent --once &&
	browser 22 && login $name "" && is "$(items)" "fig nut "'

streams_start || { echo "Bail out! the companion does not start"; exit 1; }
it 'the other devices of the user see what was taken along' '
	browser 10 && login bob "" && watch phone /mine && browser 11 && put /cart date && login bob join &&
	web_wait "grep -q \"^data: .*date\" \"\$dir/phone\""'
it 'at a page that goes by something else than the token, the streams of its token end' '
	browser 31 && login jon "" && watch jon /mine && watch kay /open "" HTTP_X_USER=kay && act /open logout "{}" HTTP_X_USER=kay &&
	ended jon && web_runs "$(cat "$dir/kay.pid")"'
it 'a login ends the streams that the browser had as nobody, also at other pages' '
	browser 14 && put /cart plum && watch nobody /cart && login ivy "" && ended nobody'
it 'and those that it had as another user, whose token is good no more' '
	browser 15 && login jim "" && watch jim /mine && old=$cookie && login kay "" && ended jim && cookie=$old && get /mine && status 401'
it 'who logs in anew has one token: that of before is good no more' '
	browser 16 && login lea "" && old=$cookie && login lea "" && get /mine && status 200 && cookie=$old && get /mine && status 401'
it 'logging in ends no login of the same user in another browser' '
	browser 17 && login max "" && first=$cookie && browser 18 && login max "" && cookie=$first && get /mine && status 200'
it 'an id that somebody planted before is not the browser'"'"'s after a login' '
	browser 19 && put /cart worm && login ned "" && case $cookie in *$(printf %043d 19)*) false ;; esac && get /cart && is "$(items)" ""'
it 'what the agent does in the state of a user is the user'"'"'s: it lasts, and takes broadcasts' '
	"$app" agent --once; browser 12 && login bob "" && "$app" broadcast --user bob "{\"note\":\"hi\"}" &&
	"$app" publish parcel.sent made "{\"to\":\"bob\",\"item\":\"parcel\"}" && "$app" agent --once && get /mine && has "note: hi" &&
	has "<li>parcel" && "$app" broadcast --user bob "{\"note\":\"ho\"}" && "$app" publish parcel.sent made "{\"to\":\"bob\",\"item\":\"two\"}" &&
	"$app" agent --once && get /mine && has "note: ho" && has "<li>two" && sessions export | grep "\"group\":\"bob\"" | grep -q "\"ttl\":0"'
it 'also the state of a user who has not acted yet' '
	"$app" publish parcel.sent made "{\"to\":\"hal\",\"item\":\"first\"}" && "$app" agent --once && browser 13 && login hal take &&
	is "$(items)" "first " && sessions export | grep "\"group\":\"hal\",\"user\":\"hal\"" | grep -q "\"ttl\":0"'
it 'the other tabs of a browser that logs in go on as those of its new group' '
	browser 14 && put /cart old && watch tab /cart && act /door login "{\"user\":\"ida\"}" && json "\$j->{meta}{success}" &&
	web_wait "! web_runs $(cat "$dir/tab.pid")" && is "$(curl -s -o /dev/null -w "%{http_code}" \
	    -H "X-LVT-Token: $_token" "$(site_url)/_lvt/stream")" 401'
done_testing

#!/bin/sh
# An action with a key runs once, whoever asks again.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
cookie="livetemplate-id=$(printf %043d 1)"

it 'an action with a key runs once, and the retry gets the same outcome' '
	act / add "{}" HTTP_LVT_KEY=k1 && a=$(field "\$j->{meta}{rev}") && v=$(field "\$j->{meta}{view}") &&
	act / add "{}" HTTP_LVT_KEY=k1 && json "\$j->{meta}{success} && \$j->{meta}{rev} == $a && \$j->{meta}{view} eq q($v)"'
it 'a retry that names the view before gets the small update, from any process' '
	get / && view=$(attr view) && act / add "{}" HTTP_LVT_KEY=k2 HTTP_LVT_VIEW="$view" && body >"$dir/first" &&
	act / add "{}" HTTP_LVT_KEY=k2 HTTP_LVT_VIEW="$view" &&
	json "\$j->{meta}{base} eq q($view) && !exists \$j->{tree}{s} && \$j->{tree}{0} eq q(2)"'
it 'where others acted since, the retry is success with the page as it is now' '
	get / && view=$(attr view) && act / add "{}" HTTP_LVT_KEY=k3 HTTP_LVT_VIEW="$view" && act / add "{}" &&
	act / add "{}" HTTP_LVT_KEY=k3 HTTP_LVT_VIEW="$view" && json "\$j->{meta}{success} && \$j->{tree}{0} eq q(4)"'
it 'what the action replied is kept with it' '
	act / answer "{\"q\":\"one\"}" HTTP_LVT_KEY=k4 && act / answer "{\"q\":\"one\"}" HTTP_LVT_KEY=k4 &&
	json "\$j->{meta}{reply}{you} eq q(one)"'
it 'errors are kept, too: a late copy of an invalid action does not act' '
	act /notes note "{\"text\":\"\"}" HTTP_LVT_KEY=e1 && json "\$j->{meta}{errors}{text}" &&
	act /notes note "{\"text\":\"\"}" HTTP_LVT_KEY=e1 &&
	json "!\$j->{meta}{success} && \$j->{meta}{errors}{text} eq q(1 to 20 characters) && \$j->{meta}{rev} == 0"'
it 'the same key with another body is 422' 'act / add "{\"value\":9}" HTTP_LVT_KEY=k1 && status 422 && get / && has "<b>4</b>"'
it 'a key belongs to its group and page' '
	act /two left.add "{}" HTTP_LVT_KEY=k1 && status 200 && json "\$j->{meta}{rev} == 1" &&
	cookie="livetemplate-id=$(printf %043d 2)" act /two left.add "{}" HTTP_LVT_KEY=k1 && json "\$j->{meta}{rev} == 1"'
it 'two copies at the same time run once' '
	act /two left.add "{}" && a=$(field "\$j->{meta}{rev}") && pids= &&
	for i in 1 2 3 4; do ( out=$dir/o$i; mkdir "$dir/c$i"; dir=$dir/c$i; act / slow "{}" HTTP_LVT_KEY=race ) & pids="$pids $!"; done;
	wait $pids; get / && has "<b>5</b>"'
it 'a form without JavaScript keeps its key in lvt-key' '
	form / "add=1&lvt-key=f1" && status 303 && form / "add=1&lvt-key=f1" && status 303 && get / && has "<b>6</b>"'
it 'a key is up to 64 letters, digits, _ and -' '
	act / add "{}" HTTP_LVT_KEY="a b" && status 400 && act / add "{}" HTTP_LVT_KEY=$(printf %065d 0) && status 400'
it 'an action that broke may be tried again with its key' '
	act / fail "{}" HTTP_LVT_KEY=b1 && json "!\$j->{meta}{success}" && before=$(outbox) &&
	act / fail "{}" HTTP_LVT_KEY=b1 && json "!\$j->{meta}{success}" && is "$(outbox)" "$before"'
it 'where nothing can be written it is 503, nothing has changed, and the same key may be tried again' '
	( via=cgi LVT_LOG=none; trap "" XFSZ; ulimit -f 16; act / add "{}" HTTP_LVT_KEY=full 2>"$dir/why" &&
	  status 503 && head_is Retry-After 1 ) && get / && has "<b>6</b>" && act / add "{}" HTTP_LVT_KEY=full && status 200 &&
	get / && has "<b>7</b>"'
done_testing

#!/bin/sh
# What a command says of itself, its manual page says, too.
# The words of a list are meant to be words.
# shellcheck disable=SC2046
lvt=${LVT_BUILDDIR:?}/lvt
man=${LVT_SRCDIR:?}/man
LVT_TEMPLATES=$LVT_SRCDIR/tests/app/templates
export LVT_TEMPLATES
n=0 bad=0

# told TITLE PAGE WORD...: the page marks each word up.
told() {
	title=$1 page=$man/$2 missing=
	shift 2
	for word; do
		sed 's/\\//g' "$page" | grep -Eq -- "(Fl -|Ev .*\<)$word\>" ||
		    missing="$missing $word"
	done
	n=$((n + 1))
	if test $# -gt 0 && test -z "$missing"; then
		echo "ok $n - $title"
	else
		echo "not ok $n - $title"
		echo "# of $# words the page has not:$missing"
		bad=$((bad + 1))
	fi
}

for command in publish subscribe token revoke sessions status outbox gc; do
	told "lvt(1) has each option of lvt $command" lvt.1 \
	    $("$lvt" $command --help | grep -o '^  --[a-z-]*\|, --[a-z-]*' | sed 's/.*--//' | sort -u)
done
told 'lvt(3) has each setting of an app' lvt.3 \
    $(LVT_DB=/nosuch "$LVT_BUILDDIR/tests/app/testapp" config | sed 's/ .*//')
told 'lvt(1) has what a command of subscribe finds in its environment' lvt.1 \
    LVT_ID LVT_CHANNEL LVT_EVENT LVT_WEBHOOK_SECRET

echo "1..$n"
exit $((bad > 0))

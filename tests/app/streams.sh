# streams.sh - the companion and clients of it, for scripts that have lib.sh.
#   streams_start            sets $stream (its port) and $streamd
#   watch NAME PAGE [CHANNELS [NAME=VALUE...]]
#                            opens a stream into $dir/NAME, its process in
#                            $dir/NAME.pid; waits for its welcome
#   unwatch NAME
#   streams_stop
. "${LVT_SRCDIR:?}/tests/app/web.sh"

streams_start() {
	LVT_LOG=info "${LVT_BUILDDIR:?}/lvt-streamd" --db "$LVT_DB" \
	    --http 127.0.0.1:0 2>"$dir/streamd.log" &
	streamd=$!
	web_wait 'grep -q ready: "$dir/streamd.log"' || return 1
	stream=$(sed -n 's/.*listening on http [^ ]*:\([0-9][0-9]*\).*/\1/p' \
	    "$dir/streamd.log")
}

watch() {
	_name=$1 _page=$2 _channels=${3-}
	shift $(($# < 3 ? $# : 3))
	get "$_page" "$@"
	_token=$(attr token)
	curl -sN -H "Authorization: LVT $_token" -G \
	    --data-urlencode "page=${_page%%\?*}" \
	    --data-urlencode "view=$(attr view)" \
	    --data-urlencode "channels=$_channels" \
	    "http://127.0.0.1:$stream/a/stream" >"$dir/$_name" 2>/dev/null &
	echo $! >"$dir/$_name.pid"
	web_wait 'grep -q "^event: welcome" "$dir/$_name"'
}

unwatch() { kill "$(cat "$dir/$1.pid")" 2>/dev/null; }

streams_stop() {
	for _pid in "$dir"/*.pid; do
		test -f "$_pid" && kill "$(cat "$_pid")" 2>/dev/null
	done
	kill -9 "$streamd" 2>/dev/null
	wait 2>/dev/null
}

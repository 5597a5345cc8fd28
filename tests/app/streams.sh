# shellcheck shell=sh disable=SC2154
# streams.sh - the companion and clients of it, for scripts that have lib.sh.
#   streams_start            starts it; sets $streamd
#   watch NAME PAGE [CHANNELS [NAME=VALUE...]]
#                            opens a stream into $dir/NAME, through lighttpd,
#                            its process in $dir/NAME.pid; waits for its
#                            welcome
#   unwatch NAME
#   ended NAME               waits until the companion has ended it
#   stream_post NAME JSON    POST to the stream: {"conn": that of NAME, JSON}
#   streams_stop

streams_start() {
	LVT_LOG=info LVT_HEARTBEAT_MS=${LVT_HEARTBEAT_MS-1000} \
	    "${LVT_BUILDDIR:?}/lvt-streamd" --db "$LVT_DB" \
	    --fcgi "unix:$sites/streamd.sock" "$@" 2>"$dir/streamd.log" &
	streamd=$!
	# A test that starts another one tells only its own shell of it.
	echo $streamd >"$dir/streamd-$streamd.pid"
	web_wait 'grep -qs ready: "$dir/streamd.log"'
}

watch() {
	_stream_name=$1 _page=$2 _channels=${3-}
	shift $(($# < 3 ? $# : 3))
	get "$_page" "$@"
	_token=$(attr token)
	curl -sN -H "Authorization: LVT $_token" -G \
	    --data-urlencode "page=${_page%%\?*}" \
	    --data-urlencode "view=$(attr view)" \
	    --data-urlencode "channels=$_channels" \
	    "$(site_url)/_lvt/stream" >"$dir/$_stream_name" 2>/dev/null &
	echo $! >"$dir/$_stream_name.pid"
	web_wait 'grep -q "^event: welcome" "$dir/$_stream_name"'
}

ended() { web_wait "! kill -0 \$(cat \"\$dir/$1.pid\") 2>/dev/null || ! ps -o stat= -p \$(cat \"\$dir/$1.pid\") | grep -qv Z"; }

unwatch() { kill "$(cat "$dir/$1.pid")" 2>/dev/null; }

stream_post() {
	_conn=$(sed -n 's/^data: {"conn": *"\([^"]*\)".*/\1/p' "$dir/$1" | head -n 1)
	curl -s -o "$out" -w '%{http_code}\n' -H 'Content-Type: application/json' \
	    --data "{\"conn\":\"$_conn\",$2}" "$(site_url)/_lvt/stream"
}

streams_stop() {
	for _pid in "$dir"/*.pid; do
		test -f "$_pid" && kill "$(cat "$_pid")" 2>/dev/null
	done
	kill -9 "$streamd" 2>/dev/null
	wait 2>/dev/null
}

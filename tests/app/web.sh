# shellcheck shell=sh disable=SC2154
# web.sh - lighttpd in front of an app's FastCGI workers, for scripts that
# have $dir. web_start [WORKERS]: sets $port, $boss (their parent), $web.
# The app is at $web_prefix (default: the root), streams at its _lvt/stream
# where a companion listens on $dir/streamd.sock.

# A port that nobody listens at, and that no connection of anybody's can take
# meanwhile: systems choose the ports of those above 32767.
web_port() {
	perl -MIO::Socket::INET -e 'for (1 .. 100) {
	    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1",
		LocalPort => 10000 + int rand 22000) or next;
	    print $s->sockport; exit } die "no port is free"'
}

# web_wait COMMAND [SECONDS]: until it succeeds, a minute at most. A machine that
# has much else to do needs its time; one that has not does not wait.
web_wait() {
	# What is waited for may wait itself.
	# shellcheck disable=SC3043
	local _end=$(($(date +%s) + ${2-60}))

	until eval "$1"; do
		test "$(date +%s)" -lt "$_end" || return 1
		sleep 0.05
	done
}

# web_answers SOCKET-OR-PORT: does somebody accept connections there?
web_answers() {
	perl -MIO::Socket::INET -MIO::Socket::UNIX -e '
		my $s = $ARGV[0] =~ /^\d+$/ ?
		    IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") :
		    IO::Socket::UNIX->new(Peer => $ARGV[0]);
		exit !$s' "$1"
}

# web_runs PID: a child that has ended is there, too, until it is waited for.
web_runs() { ps -o stat= -p "$1" 2>/dev/null | grep -qv '^Z'; }

web_workers() { ps -o pid= --ppid "$boss" 2>/dev/null; }

# What a proxy or a login of the web server would say comes by headers:
# X-Forwarded-For (REMOTE_ADDR), X-Forwarded-Proto (HTTPS), X-Web-User.
web_conf() {
	_modules=
	test -z "${web_users-}" || _modules='"mod_setenv", "mod_extforward",'
	_backend='"check-local" => "disable", "disable-time" => 0,
	  "fix-root-scriptname" => "enable"'
	cat <<-END
		server.modules = ( $_modules "mod_fastcgi" )
		server.bind = "127.0.0.1"
		server.port = $port
		server.document-root = "$dir/root"
		server.max-keep-alive-requests = 1000000
		server.max-fds = 4096
		server.max-connections = 2000
		server.max-request-field-size = 65535
		fastcgi.server = ( "${web_prefix:-/}" => ((
		  "socket" => "$dir/web.sock", $_backend )) )
		\$HTTP["url"] =~ "^${web_prefix-}/_lvt/stream(\?|$)" {
		  server.stream-response-body = 2
		  server.max-write-idle = 86400
		  fastcgi.server = ( "${web_prefix:-/}" => ((
		    "socket" => "$dir/streamd.sock", $_backend )) )
		}
	END
	test -z "${web_users-}" || cat <<-END
		extforward.forwarder = ( "127.0.0.1" => "trust" )
		extforward.headers = ( "X-Forwarded-For" )
	END
	for _user in ${web_users-}; do
		cat <<-END
			\$REQUEST_HEADER["X-Web-User"] == "$_user" {
			  setenv.set-environment = (
			    "REMOTE_USER" => "$_user" )
			}
		END
	done
}

web_start() {
	PATH=$PATH:/usr/sbin
	"$app" fcgi --socket "unix:$dir/web.sock" --workers "${1-4}" \
	    2>>"$dir/fcgi.log" &
	boss=$!
	web_wait 'web_answers "$dir/web.sock"' || return 1
	mkdir -p "$dir/root"
	# Another program may take the port between: then another one.
	for _try in 1 2 3; do
		port=$(web_port)
		web_conf >"$dir/web.conf"
		lighttpd -D -f "$dir/web.conf" 2>>"$dir/lighttpd.log" &
		web=$!
		web_wait 'web_answers "$port" || ! web_runs "$web"' &&
		    web_runs "$web" && return 0
		kill $web 2>/dev/null
	done
	return 1
}

web_stop() {
	kill "$web" "$boss" 2>/dev/null
	wait "$web" "$boss" 2>/dev/null
}

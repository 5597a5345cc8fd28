# web.sh - lighttpd in front of an app's FastCGI workers, for scripts that
# have $dir. web_start [WORKERS]: sets $port, $boss (their parent), $web.
# The app is at $web_prefix (default: the root), streams at its _lvt/stream
# where a companion listens on $dir/streamd.sock.

web_port() {
	perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1,
	    LocalAddr => "127.0.0.1") or die; print $s->sockport'
}

# web_wait COMMAND: until it succeeds, thirty seconds at most
web_wait() {
	_end=$(($(date +%s) + 30))
	until eval "$1"; do
		test "$(date +%s)" -lt "$_end" || return 1
		sleep 0.05
	done
}

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
	web_wait 'test -S "$dir/web.sock"' || return 1
	mkdir -p "$dir/root"
	# Another program may take the port between: then another one.
	for _try in 1 2 3; do
		port=$(web_port)
		web_conf >"$dir/web.conf"
		lighttpd -D -f "$dir/web.conf" 2>>"$dir/lighttpd.log" &
		web=$!
		web_wait "! kill -0 $web 2>/dev/null || perl -MIO::Socket::INET -e '
		    exit !IO::Socket::INET->new(PeerAddr => q(127.0.0.1:$port))'" &&
		    kill -0 $web 2>/dev/null && return 0
		kill $web 2>/dev/null
	done
	return 1
}

web_stop() {
	kill "$web" "$boss" 2>/dev/null
	wait "$web" "$boss" 2>/dev/null
}

#!/bin/sh
# bench-stream: lvt-streamd beside the least that a server can do (sselimit),
# nchan and Pushpin. Servers take turns within each case, every other round
# backwards: what one leaves behind in the kernel costs the next one, and is not
# to be always the same one's. Figures are medians, and what counts are the ratios
# to sselimit of the same minutes.
#
#   ROUNDS=N        turns of each server in each case (default 3)
#   CASES='a b'     some of: fan1000 fan10000 unicast paced burst flood poll
#                   idle page
#   SERVERS='a b'   some of: lvt limit nchan pushpin
#
# lvt publishes through the outbox, each message committed (durability normal);
# the others take a POST. The publisher's CPU counts for the others, whose server
# reads the POST, and not for lvt, whose publisher is a process of its own: it is
# printed beside.
set -eu

src=${LVT_SRCDIR:?run this as make bench-stream}
build=${LVT_BUILDDIR:?}
rounds=${ROUNDS-3}
cases=${CASES-'fan1000 fan10000 unicast paced burst flood poll idle page'}
servers=${SERVERS-'lvt limit nchan pushpin'}
lvt=$build/lvt
nchan_module=/usr/lib/nginx/modules/ngx_nchan_module.so

install_others() {
	[ -f $nchan_module ] && command -v pushpin >/dev/null && return
	command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] &&
	    DEBIAN_FRONTEND=noninteractive apt-get install -y \
	    --no-install-recommends nginx libnginx-mod-nchan pushpin \
	    >"$dir/apt.log" 2>&1 || {
		echo 'bench-stream: nchan and Pushpin are missing; as root run' >&2
		echo '  apt-get install nginx libnginx-mod-nchan pushpin' >&2
		exit 1
	}
}

dir=$(mktemp -d)
chmod 755 "$dir"
pid=
stop() {
	[ -z "$pid" ] || { kill $pid 2>/dev/null; wait $pid 2>/dev/null || :; }
	pid=
}
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
case " $servers " in *nchan*|*pushpin*) install_others ;; esac
cc=${CC-cc}
$cc -O2 -w -o "$dir/ssebench" "$src/tests/bench/ssebench.c"
$cc -O2 -w -o "$dir/sselimit" "$src/tests/bench/sselimit.c"

free_port() {
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1,
	    LocalAddr => "127.0.0.1")->sockport'
}
wait_port() {
	perl -MIO::Socket::INET -e 'for (1 .. 200) { exit 0 if
	    IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]");
	    select undef, undef, undef, 0.05 } exit 1' "$1" || {
		echo "bench-stream: $2 does not start" >&2; exit 1; }
}

# --- Servers: start_NAME, and the words of ssebench for each case ------------

start_lvt() {
	port=$(free_port)
	rm -f "$dir"/app.db*
	LVT_LOG=error "$build/lvt-streamd" --db "$dir/app.db" \
	    --http "127.0.0.1:$port" &
	pid=$!
	wait_port "$port" lvt-streamd
	pids=$pid
	token=$("$lvt" token --db "$dir/app.db" --channels 'bench,user.*')
	url="http://127.0.0.1:$port/stream?channels"
}
words_lvt() {
	publish="$lvt publish --db $dir/app.db --durability normal --stdin"
	set -- --header "Authorization: LVT $token" "$@"
	case $case in
	idle) ;;
	flood) set -- --publish-cmd "$publish bench --batch 100" "$@" ;;
	burst) set -- --publish-cmd "$publish - --batch 100" "$@" ;;
	unicast|paced) set -- --publish-cmd "$publish -" "$@" ;;
	*) set -- --publish-cmd "$publish bench" "$@" ;;
	esac
	case $case in
	unicast|paced|burst) bench --url "$url=user.%d" \
	    --publish-body 'user.%d %s' "$@" ;;
	poll) bench --url "$url=bench&mode=poll" "$@" ;;
	*) bench --url "$url=bench" "$@" ;;
	esac
}

start_limit() {
	port=$(free_port)
	case $case in flood) set -- --coalesce ;; *) set -- ;; esac
	"$dir/sselimit" "$port" "$@" &
	pid=$!
	wait_port "$port" sselimit
	pids=$pid
}
words_limit() { posting "$@"; }

start_nchan() {
	port=$(free_port)
	cat >"$dir/nchan.conf" <<-E
	load_module $nchan_module;
	daemon off; worker_processes 1; pid $dir/nginx.pid;
	error_log /dev/null crit;
	events { worker_connections 60000; }
	http { access_log off; keepalive_requests 100000000;
	nchan_shared_memory_size 512m; nchan_message_buffer_length 2000;
	server { listen 127.0.0.1:$port backlog=4096;
	nchan_subscriber_first_message newest;
	location = /sub { nchan_subscriber eventsource; nchan_channel_id bench; }
	location = /poll { nchan_subscriber longpoll; nchan_channel_id bench; }
	location = /pub { nchan_publisher http; nchan_channel_id bench; }
	location ~ ^/sub/(\d+)\$ { nchan_subscriber eventsource; nchan_channel_id \$1; }
	location ~ ^/pub/(\d+)\$ { nchan_publisher http; nchan_channel_id \$1; }
	} }
	E
	nginx -c "$dir/nchan.conf" -p "$dir" >/dev/null 2>&1 &
	pid=$!
	wait_port "$port" nchan
	pids=$(pgrep -P $pid | tr '\n' ',')$pid
}
words_nchan() { posting "$@"; }

start_pushpin() {
	port=$(free_port)
	control=$(free_port)
	mkdir -p "$dir/pushpin/log"
	echo '* test' >"$dir/pushpin/routes"
	sed -e "s,^rundir=.*,rundir=$dir/pushpin," \
	    -e "s,^logdir=.*,logdir=$dir/pushpin/log," \
	    -e "s,^http_port=.*,http_port=$port," \
	    -e 's,^log_level=.*,log_level=0,' \
	    -e 's,^message_rate=.*,message_rate=10000000,' \
	    -e 's,^message_hwm=.*,message_hwm=10000000,' \
	    -e "s,^push_in_http_port=.*,push_in_http_port=$control," \
	    -e 's,^push_in_spec=.*,push_in_spec=,' \
	    -e 's,^push_in_sub_spec=.*,push_in_sub_spec=,' \
	    -e 's,^command_spec=.*,command_spec=,' \
	    /etc/pushpin/pushpin.conf >"$dir/pushpin/pushpin.conf"
	pushpin --config="$dir/pushpin/pushpin.conf" >/dev/null 2>&1 &
	pid=$!
	wait_port "$port" Pushpin
	wait_port "$control" "Pushpin's control port"
	pids=$(pgrep -P $pid | tr '\n' ',')$pid
}
words_pushpin() {
	case $case in
	fan*|idle) ;;
	*) return 1 ;;		# its test route has one channel, and streams
	esac
	set -- --publish-header 'Content-Type: application/json' "$@"
	[ "$case" = idle ] || set -- --publish-url \
	    "http://127.0.0.1:$control/publish/" "$@"
	bench --url "http://127.0.0.1:$port/stream" --publish-body \
	    '{"items":[{"channel":"test","formats":{"http-stream":{"content":"data: %s\n\n"}}}]}' "$@"
}

# Those that take the payload as a POST.
posting() {
	base=http://127.0.0.1:$port
	case $case in
	idle) bench --url "$base/sub" "$@" ;;
	poll) bench --url "$base/poll" --publish-url "$base/pub" "$@" ;;
	burst) bench --url "$base/sub/%d" --publish-url "$base/pub/%d" \
	    --pipeline 32 "$@" ;;
	unicast|paced) bench --url "$base/sub/%d" \
	    --publish-url "$base/pub/%d" "$@" ;;
	flood) bench --url "$base/sub" --publish-url "$base/pub" \
	    --pipeline 32 "$@" ;;
	*) bench --url "$base/sub" --publish-url "$base/pub" "$@" ;;
	esac
}

# One that loses messages waits 2 s for each: not for ever.
bench() { timeout 120 "$dir/ssebench" --server-pid "$pids" --timeout 20 "$@"; }

# --- Cases ---------------------------------------------------------------------

idle_n=$(( $(ulimit -Hn) * 9 / 10 ))
[ "$idle_n" -le 50000 ] || idle_n=50000
ulimit -n "$(ulimit -Hn)"

run() {
	case $case in
	fan1000) set -- --subscribers 1000 --messages 205 --warmup 5 ;;
	fan10000) set -- --subscribers 10000 --messages 32 --warmup 2 ;;
	unicast) set -- --subscribers 5000 --messages 6 --warmup 1 ;;
	paced) set -- --subscribers 5000 --messages 3 --warmup 1 \
	    --rate 3000 ;;
	burst) set -- --subscribers 5000 --messages 6 --warmup 1 --flood ;;
	flood) set -- --subscribers 1000 --messages 1000 --flood ;;
	poll) set -- --mode longpoll --subscribers 1000 --messages 105 \
	    --warmup 5 ;;
	idle) set -- --subscribers $idle_n --forks 4 --connect-window 500 ;;
	esac
	start_$server
	words_$server "$@" >>"$dir/$case.$server" 2>"$dir/err" || {
		[ ! -s "$dir/err" ] || sed "s/^/$case $server: /" "$dir/err" >&2
	}
	stop
}

show() {
	for server in $servers; do
		[ ! -s "$dir/$case.$server" ] ||
		    sed "s/^/$server /" "$dir/$case.$server"
	done | perl -MJSON::PP -we '
	my $case = shift; my (%runs, @order, %m);
	while (<STDIN>) { my ($s, $j) = split / /, $_, 2;
		push @order, $s unless $runs{$s}; push @{$runs{$s}}, decode_json $j }
	sub median { my @v = sort { $a <=> $b } @_; $v[$#v / 2] }
	for my $s (@order) { my @r = @{$runs{$s}};
		$m{$s} = { n => scalar @r, rate => median(map $_->{deliveries_per_s}, @r),
		cpu => median(map $_->{cpu_s_per_million}, @r),
		p50 => median(map $_->{latency_ms}{p50}, @r),
		p99 => median(map $_->{latency_ms}{p99}, @r),
		rss => median(map $_->{pss_bytes_per_conn} || $_->{rss_bytes_per_conn}, @r),
		other => median(map $_->{other_cpu_s} / ($_->{seconds} || 1), @r),
		bad => eval { my $b = 0; $b += $_->{lost} + $_->{dup} + $_->{reordered}
		    + $_->{corrupt} + $_->{subscribers} - $_->{ready} for @r; $b } } }
	sub ratio { my ($s, $k) = @_; my $l = $m{limit}{$k};
		$l ? sprintf("%6.2f", $m{$s}{$k} / $l) : "     -" }
	print "\n$case\n";
	if ($case eq "idle") { printf "  %-8s %8.0f B of memory a connection, %d at once%s\n",
	    $_, $m{$_}{rss}, $runs{$_}[0]{subscribers},
	    $m{$_}{bad} ? ", NOT ALL ACCEPTED" : "" for @order; exit }
	printf "  %-8s %11s %6s %9s %6s %8s %8s %6s %5s\n", "server", "delivered/s",
	    "ratio", "CPU us", "ratio", "p50 ms", "p99 ms", "ratio", "bad";
	printf "  %-8s %11.0f %6s %9.3f %6s %8.2f %8.2f %6s %5d\n", $_, $m{$_}{rate},
	    ratio($_, "rate"), $m{$_}{cpu}, ratio($_, "cpu"), $m{$_}{p50}, $m{$_}{p99},
	    ratio($_, "p99"), $m{$_}{bad} for @order;
	my $o = (sort { $b <=> $a } map $_->{other}, values %m)[0];
	printf "  busy with something else: %.1f CPUs\n", $o if $o > 0.5;
	' "$case"
}

echo "rounds $rounds; lvt publishes with durability normal, each message a commit"
echo "(flood and burst: up to 100 that are ready share one); nothing is pinned"
echo 'CPU us: of the server per delivery; ratios are to limit; bad: lost, doubled,'
echo 'reordered, damaged, or not connected'
for case in $cases; do
	if [ "$case" = page ]; then
		printf '\npage: idle, each with a page of its group and a channel\n'
		node "$src/tests/bench/streampage.mjs" "$idle_n"
		continue
	fi
	turn=$servers
	for round in $(seq "$rounds"); do
		for server in $turn; do run; done
		turn=$(printf '%s\n' $turn | tac)
	done
	show
done

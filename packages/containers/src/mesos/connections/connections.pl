#!/usr/bin/perl
# Connects to ports in the network namespaces of containers, for the agent, whose process can enter none. Only perl-base is needed.
#   connections.pl
# It runs in the directory in which it makes its `socket`, and greets on standard output when that can be connected to. It ends
# with its standard input. Each connection of the agent is for one port:
#   request   one line: PID START HOST PORT. PID with START, as in /proc/<pid>/stat, is a process of the container
#   answer    one line: empty, and what follows both ways is that of the port; or why not:
#             `errno NUMBER`, `unknown` (the name of the host), `gone` (the process), `failed TEXT`
# A process for each, with the user and groups of the container's process and without capabilities, enters the namespace of its
# network, resolves the name there and copies bytes. It ends at once when the agent ends the connection, whatever it waits for.
use strict;
use warnings;
use Config ();
use Fcntl  ();
use POSIX  ();
use Socket ();

require(__FILE__ =~ s{[^/]*/[^/]*/[^/]*$}{shim/kernel.pl}r);
our %namespaces;    # of kernel.pl

my $piece = 65536;                               # bytes of the port that wait for the agent at most
my ($asynchronous, $set_owner) = (020000, 8);    # O_ASYNC, F_SETOWN
my $agent_pid = getppid;

$0 = 'meseta-connections';
$SIG{$_} = 'IGNORE' for qw(PIPE HUP INT TERM CHLD);
umask 0077;
conceal() or die "cannot conceal the process that connects to containers: $!\n";

unlink 'socket';
socket my $listener, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0 or die "cannot make a socket: $!\n";
bind $listener, Socket::pack_sockaddr_un('socket') or die "cannot bind a socket: $!\n";
listen $listener, Socket::SOMAXCONN() or die "cannot listen: $!\n";
$| = 1;
print "ready\n";

while (1) {
    my ($readable, $none) = ('', '');
    vec($readable, $_, 1) = 1 for 0, fileno $listener;
    select($readable, undef, undef, undef) > 0 or next;
    last if vec $readable, 0, 1;    # nothing is ever written to it
    accept my $agent, $listener or next;
    # A process of root in a container may find the socket, and must not get into the networks of others by it.
    my ($peer) = unpack 'i', getsockopt($agent, Socket::SOL_SOCKET(), Socket::SO_PEERCRED()) || pack 'i', 0;
    if ($peer != $agent_pid) { close $agent; next }
    my $child = fork;
    warn "cannot fork: $!\n" if !defined $child;
    serve($agent) if defined $child && $child == 0;
    close $agent;
}
unlink 'socket';

# What a process that has the same user could read of its memory, or do with it, is the machine's.
sub conceal { return call('prctl', 4, 0, 0, 0, 0) }    # PR_SET_DUMPABLE

sub start_time {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/stat" or return 0;
    my $stat = <$file> // '';
    return (split ' ', substr $stat, 1 + rindex $stat, ')')[19] // 0;
}

sub answer { my ($agent, $text) = @_; syswrite $agent, "$text\n"; return }

sub serve {
    my ($agent) = @_;
    close $listener;
    POSIX::dup2(POSIX::open('/dev/null', Fcntl::O_RDWR()), $_) for 0 .. 2;    # of these it needs none
    my $request = '';
    while ($request !~ /\n/) { sysread $agent, $request, 1024, length $request or POSIX::_exit(0) }
    my ($pid, $start, $host, $port) = split ' ', $request;
    if (become($agent, $pid, $start)) {
        my $server = connected($agent, $host, $port);
        if ($server) { answer($agent, ''); relay($agent, $server) }
    }
    POSIX::_exit(0);
}

# Enters the network namespace of a process and takes its user and groups. Has no privileges afterwards.
sub become {
    my ($agent, $pid, $start) = @_;
    my %is;
    if (open my $status, '<', "/proc/$pid/status") { while (<$status>) { $is{$1} = $2 if /^(Uid|Gid|Groups):\s*(.*?)\s*$/ } }
    my $entered = %is && enter_namespace($pid, 'net', $namespaces{net});
    my $why = "$!";
    return answer($agent, 'gone') if start_time($pid) != $start;
    return answer($agent, "failed cannot enter its network: $why") if !$entered;
    my ($uid, $gid, @groups) = ((split ' ', $is{Uid})[1], (split ' ', $is{Gid})[1], split ' ', $is{Groups});
    my ($header, $sets) = (pack('Ll', 0x20080522, 0), pack 'L6', (0) x 6);
    $! = 0;
    $) = join ' ', $gid, @groups ? @groups : $gid;    # setgroups, setegid
    my $done = !$! && POSIX::setgid($gid) && POSIX::setuid($uid) && call('capset', $header, $sets) && conceal();
    return $done || answer($agent, "failed cannot become the user of its process: $!");
}

# Returns the addresses of a host. Those of a name may take long, so that the agent's end is a signal meanwhile.
sub addresses {
    my ($agent, $host, $port) = @_;
    my ($error, @found) = Socket::getaddrinfo($host, $port, { socktype => Socket::SOCK_STREAM(), flags => Socket::AI_NUMERICHOST() });
    return @found if !$error;
    $SIG{IO} = 'DEFAULT';
    fcntl $agent, $set_owner, $$ + 0 and fcntl $agent, Fcntl::F_SETFL(), $asynchronous or return;
    POSIX::_exit(0) if has_ended($agent);    # before that
    ($error, @found) = Socket::getaddrinfo($host, $port, { socktype => Socket::SOCK_STREAM() });
    fcntl $agent, Fcntl::F_SETFL(), 0;
    return $error ? () : @found;
}

# The agent writes nothing before it has its answer.
sub has_ended { my ($agent) = @_; my $readable = ''; vec($readable, fileno $agent, 1) = 1; return select($readable, undef, undef, 0) > 0 }

# Returns a connection to the first address that accepts one.
sub connected {
    my ($agent, $host, $port) = @_;
    my @addresses = addresses($agent, $host, $port) or return answer($agent, 'unknown');
    my $errno = 0;
    for my $address (@addresses) {
        if (!socket my $server, $address->{family}, Socket::SOCK_STREAM(), 0) { $errno = int $! }
        else {
            fcntl $server, Fcntl::F_SETFL(), Fcntl::O_NONBLOCK();
            return $server if connect $server, $address->{addr};
            $errno = int $!;
            next if $errno != POSIX::EINPROGRESS();
            my ($readable, $writable) = ('', '');
            vec($readable, fileno $agent, 1) = 1;
            vec($writable, fileno $server, 1) = 1;
            select $readable, $writable, undef, undef;
            POSIX::_exit(0) if vec $readable, fileno $agent, 1;
            $errno = unpack 'i', getsockopt $server, Socket::SOL_SOCKET(), Socket::SO_ERROR();
            return $server if $errno == 0;
        }
    }
    return answer($agent, "errno $errno");
}

sub unready { return $! == POSIX::EINTR() || $! == POSIX::EAGAIN() }

# Copies until the agent has enough, or what the port said has been passed on.
sub relay {
    my ($agent, $server) = @_;
    fcntl $agent, Fcntl::F_SETFL(), Fcntl::O_NONBLOCK();
    my ($to_server, $to_agent, $ended) = ('', '');
    while (!$ended || $to_agent ne '') {
        my ($readable, $writable) = ('', '');
        vec($readable, fileno $agent, 1) = 1;    # always, for its end; what it says is one request
        vec($readable, fileno $server, 1) = 1 if !$ended && $to_agent eq '';
        vec($writable, fileno $agent, 1) = 1 if $to_agent ne '';
        vec($writable, fileno $server, 1) = 1 if $to_server ne '';
        select($readable, $writable, undef, undef) > 0 or next;
        if (vec $readable, fileno $agent, 1) {
            my $count = sysread $agent, $to_server, $piece, length $to_server;
            return if defined $count ? $count == 0 : !unready();
        }
        if (vec $readable, fileno $server, 1) {
            my $count = sysread $server, $to_agent, $piece;
            $ended = 1 if defined $count ? $count == 0 : !unready();
        }
        if (vec $writable, fileno $agent, 1) {
            my $count = syswrite $agent, $to_agent;
            if ($count) { substr $to_agent, 0, $count, '' } elsif (!unready()) { return }
        }
        if (vec $writable, fileno $server, 1) {
            my $count = syswrite $server, $to_server;
            if ($count) { substr $to_server, 0, $count, '' } elsif (!unready()) { $to_server = '' }    # its answer may be there
        }
    }
}

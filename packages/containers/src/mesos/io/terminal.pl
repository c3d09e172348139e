#!/usr/bin/perl
# The switchboard of one terminal: makes a pseudo terminal, copies what is written to it to a file, and passes it on to the agent
# that is connected, if any; and input the other way. It is a process of its own because a terminal ends with the last one that
# has its other end open, and should outlive the agent. Only perl-base is needed.
#   terminal.pl OWNER ROWS COLUMNS LOG
# It runs in the directory in which it makes its `socket`. OWNER: the user id that the terminal belongs to, empty for its own.
# ROWS and COLUMNS: 0 when they are not known. LOG: the file; empty: output is for the agent only, and waits until it is read.
# It greets on standard output with the terminal's path. It holds the terminal open until standard input ends, because the
# container is launched or will not be, and until the leader of its session has ended: one that closes the terminal goes on, and
# may open it again. Then it ends when no process has the terminal open any more.
# Frames, each a letter, a 4-byte big-endian length, and so many bytes:
#   d  from the agent: input          w  from the agent: rows and columns, 2 bytes each
#   o  to the agent: output           e  to the agent: that was all
use strict;
use warnings;
use Fcntl ();
use POSIX ();

my ($owner, $rows, $columns, $log_path) = @ARGV;
my $read_bytes = 65536;
my $most_output = 1024 * 1024;    # waiting for the agent; more is not read, so what writes faster than it reads is slowed down
my $patience = 5;                 # seconds; an agent that reads nothing for so long does not stop a container with a LOG
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
my $most_input = 65536;           # waiting for the container
my ($unlock, $number_of, $set_size) = (0x40045431, 0x80045430, 0x5414);    # TIOCSPTLCK, TIOCGPTN, TIOCSWINSZ
if ((POSIX::uname())[4] =~ /^ppc/) { ($unlock, $number_of, $set_size) = (0x80045431, 0x40045430, 0x80087467) }

$0 = 'meseta-terminal';
$SIG{$_} = 'IGNORE' for qw(PIPE HUP INT TERM);
umask 0077;

sysopen my $master, '/dev/ptmx', Fcntl::O_RDWR() | Fcntl::O_NOCTTY() | Fcntl::O_NONBLOCK() or die "cannot open /dev/ptmx: $!\n";
my ($zero, $number) = (pack('i', 0)) x 2;
ioctl $master, $unlock, $zero or die "cannot unlock a terminal: $!\n";
ioctl $master, $number_of, $number or die "cannot find a terminal: $!\n";
my $path = '/dev/pts/' . unpack 'i', $number;
resize($rows, $columns);
sysopen my $held, $path, Fcntl::O_RDWR() | Fcntl::O_NOCTTY() or die "cannot open $path: $!\n";
# As grantpt(3) does it.
my $group = getgrnam 'tty';
if ($> == 0) { chown $owner eq '' ? -1 : $owner, $group // -1, $path or die "cannot change the owner of $path: $!\n" }
chmod defined $group && $> == 0 ? 0620 : 0600, $path;
my $log;
if ($log_path ne '') {
    my $flags = Fcntl::O_WRONLY() | Fcntl::O_APPEND() | Fcntl::O_CREAT() | Fcntl::O_NOFOLLOW() | Fcntl::O_NOCTTY();
    sysopen $log, $log_path, $flags, 0644 or die "cannot open $log_path: $!\n";
}
socket my $listener, 1, 1, 0 or die "cannot make a socket: $!\n";    # AF_UNIX, SOCK_STREAM
unlink 'socket', 'socket.new';
bind $listener, pack 'Sa*', 1, "socket.new" or die "cannot bind a socket: $!\n";
listen $listener, 8 or die "cannot listen: $!\n";
rename 'socket.new', 'socket' or die "cannot make a socket: $!\n";    # who sees it can connect
$| = 1;
print "$path\n";

my $agent;    # the connection
my ($received, $input, $output) = ('', '', '');    # from the agent, for the container, for the agent
my ($launching, $ended) = (1);
my $leader;    # a descriptor of the leader of the terminal's session
my $taken_at = 0;    # when the agent last took output

sub resize { my ($height, $width) = @_; my $size = pack 'S4', $height, $width, 0, 0; ioctl $master, $set_size, $size }
# A kernel before 5.3 has no such descriptors: a leader that closes the terminal is hung up there.
sub open_leader {
    my $id = pack 'i', 0;
    ioctl $master, 0x5429, $id or return;    # TIOCGSID
    my $descriptor = syscall 434, unpack('i', $id), 0;    # pidfd_open
    return $descriptor < 0 ? undef : $descriptor;
}
# Seconds of a clock that is never set.
sub seconds { return (POSIX::times())[0] / $ticks }
sub unready { return $! == POSIX::EINTR() || $! == POSIX::EAGAIN() }
sub frame { my ($letter, $data) = @_; return $letter . pack('N', length $data) . $data }
sub disconnect { close $agent if $agent; ($agent, $received, $output) = (undef, '', '') }

sub accept_agent {
    accept my $next, $listener or return;
    disconnect();    # the one before has ended
    $agent = $next;
    fcntl $agent, Fcntl::F_SETFL(), Fcntl::O_RDWR() | Fcntl::O_NONBLOCK();
    $output = frame('e', '') if $ended;
}

sub read_output {
    my $data;
    my $count = sysread $master, $data, $read_bytes;
    if ($count) {
        # A full disk loses output, as it does for tasks without a terminal.
        for (my $done = 0; $log && $done < $count;) { my $n = syswrite $log, $data, $count - $done, $done; $n ? ($done += $n) : $! == POSIX::EINTR() || last }
        $taken_at = seconds() if $output eq '';
        $output .= frame('o', $data) if $agent;
    } elsif (defined $count || !unready()) {    # EIO: no process has the terminal open
        $ended = 1;
        $output .= frame('e', '') if $agent;
    }
}

sub read_agent {
    my $count = sysread $agent, $received, $read_bytes, length $received;
    return disconnect() if defined $count ? $count == 0 : !unready();
    while (length $received >= 5 and length $received >= 5 + (my $length = unpack 'x N', $received)) {
        my ($letter, $data) = (substr($received, 0, 1), substr $received, 5, $length);
        substr $received, 0, 5 + $length, '';
        if ($letter eq 'd') { $input .= $data }
        elsif ($letter eq 'w') { resize(unpack 'nn', $data) }
    }
}

my $connected;    # an agent has been
while (!$ended || ($agent && $output ne '')) {
    $connected ||= $agent;
    last if $connected && !$agent && !$log;    # what has output for an agent alone ends with it
    my ($readable, $writable) = ('', '');
    vec($readable, fileno $listener, 1) = 1;
    vec($readable, 0, 1) = 1 if $launching;
    my $full = length $output >= $most_output;
    if ($full && $log && seconds() - $taken_at > $patience) { disconnect(); $full = 0 }
    vec($readable, fileno $agent, 1) = 1 if $agent && length $input < $most_input;
    vec($readable, fileno $master, 1) = 1 if !$ended && ($agent ? !$full : $log);
    vec($writable, fileno $agent, 1) = 1 if $agent && $output ne '';
    vec($writable, fileno $master, 1) = 1 if !$ended && $input ne '';
    vec($readable, $leader, 1) = 1 if defined $leader;
    select($readable, $writable, undef, $full && $log ? 1 : undef) > 0 or next;
    if ($launching && vec $readable, 0, 1) {
        my $nothing;
        my $count = sysread STDIN, $nothing, 1;
        if (defined $count ? $count == 0 : !unready()) {
            $launching = 0;
            $leader = open_leader();
            close $held if !defined $leader;
        }
    } elsif (defined $leader && vec $readable, $leader, 1) {
        POSIX::close($leader);
        undef $leader;
        close $held;
    }
    if (!$ended && $input ne '' && vec $writable, fileno $master, 1) {
        my $count = syswrite $master, $input;
        if ($count) { substr $input, 0, $count, '' }
    }
    read_output() if !$ended && vec $readable, fileno $master, 1;
    if ($agent && $output ne '' && vec $writable, fileno $agent, 1) {
        my $count = syswrite $agent, $output, $read_bytes;
        if ($count) { substr $output, 0, $count, ''; $taken_at = seconds() }
        elsif (!unready()) { disconnect() }
    }
    read_agent() if $agent && vec $readable, fileno $agent, 1;
    accept_agent() if vec $readable, fileno $listener, 1;
}
unlink 'socket' if $ended;    # so that the next agent knows that it was not killed

#!/usr/bin/perl
# Listens to what the kernel tells of memory cgroups of version 1, for one agent, and ends with it. The kernel writes to
# eventfds, which Node.js does not have. Only perl-base is needed.
#
# Requests are lines on standard input; PATH is that of a cgroup:
#   watch PATH
#   forget PATH
# Answers are lines on standard output:
#   oom LIMIT MOST PATH|STATISTICS     out of memory, written before the kernel kills a process if it is quick enough: contents
#                                      of memory.limit_in_bytes, memory.max_usage_in_bytes and memory.stat, whose ends of
#                                      line are |
#   pressure LOW MEDIUM CRITICAL PATH  how often there was pressure of each level since "watch"; at most once a second
use strict;
use warnings;
use Config ();
use Fcntl ();
use POSIX ();

my $eventfd = {
    x86_64 => 290,
    (map { $_ => 19 } qw(aarch64 riscv64 loongarch64)),
    s390x => 324,
    (map { $_ => 314 } qw(powerpc64le ppc64le)),
}->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' } or die "system calls of $Config::Config{archname} are not known\n";
my $close_on_exec = 02000000;
my @levels = qw(low medium critical);
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());

my %watched;     # path => [file descriptor for oom, those of the levels, and their counts]
my %of;          # file descriptor for oom => path
my $waiting = '';    # the set of these and standard input
my $pressed = '';    # the set of those of all levels
my $next = 0;        # when pressure is looked at again

# Seconds of a clock that is never set.
sub seconds { return (POSIX::times())[0] / $ticks }

sub slurp {
    defined(my $fd = POSIX::open($_[0])) or return '';
    my ($text, $piece) = ('');
    $text .= $piece while (POSIX::read($fd, $piece, 65536) || 0) > 0;
    POSIX::close($fd);
    return $text;
}

sub number { my ($text) = slurp($_[0]) =~ /^(\d+)/; return $text || 0 }

sub answer { my $text = $_[0]; syswrite(STDOUT, $text, length $text) or exit }

# Returns an eventfd that the kernel writes to, or nothing.
sub listener {
    my ($path, $file, $argument) = @_;
    my $fd = syscall $eventfd, 0, $close_on_exec;
    return if $fd < 0;
    my $control = POSIX::open("$path/$file");
    my $events = POSIX::open("$path/cgroup.event_control", Fcntl::O_WRONLY());
    my $line = defined $control ? "$fd $control $argument" : '';
    my $listens = defined $control && defined $events && POSIX::write($events, $line, length $line);
    defined $_ and POSIX::close($_) for $control, $events;
    return $fd if $listens;
    POSIX::close($fd);
    return;
}

# Reads and resets the count of an eventfd that has one.
sub count { my $text; return (POSIX::read($_[0], $text, 8) || 0) == 8 ? unpack 'Q', $text : 0 }

sub watch {
    my ($path) = @_;
    return if $watched{$path};
    my $oom = listener($path, 'memory.oom_control', '');
    my @fds = map { listener($path, 'memory.pressure_level', $_) } @levels;
    $watched{$path} = { oom => $oom, fds => \@fds, counts => [(0) x @fds] };
    if (defined $oom) { $of{$oom} = $path; vec($waiting, $oom, 1) = 1 }
    vec($pressed, $_, 1) = 1 for @fds;
}

sub forget {
    my ($path) = @_;
    my $known = delete $watched{$path} or return;
    my $oom = $known->{oom};
    if (defined $oom) { delete $of{$oom}; vec($waiting, $oom, 1) = 0; POSIX::close($oom) }
    for (@{ $known->{fds} }) { vec($pressed, $_, 1) = 0; POSIX::close($_) }
}

sub tell_oom {
    my ($fd) = @_;
    my $path = $of{$fd};
    count($fd);
    my $statistics = slurp("$path/memory.stat") =~ tr/\n/|/r;
    # The kernel writes to all of them, too, when the cgroup is removed.
    return forget($path) if $statistics eq '';
    answer('oom ' . number("$path/memory.limit_in_bytes") . ' ' . number("$path/memory.max_usage_in_bytes") . " $path|$statistics\n");
}

sub tell_pressure {
    my $ready = $pressed;
    return if select($ready, undef, undef, 0) <= 0;
    for my $path (keys %watched) {
        my ($fds, $counts) = @{ $watched{$path} }{qw(fds counts)};
        my @seen = grep { vec $ready, $fds->[$_], 1 } 0 .. $#$fds;
        next if !@seen;
        $counts->[$_] += count($fds->[$_]) for @seen;
        answer("pressure @$counts $path\n") if @$counts == @levels;
    }
}

$0 = 'meseta-memory-events';
# Caught, not ignored: exec restores the default by itself.
$SIG{$_} = sub { } for qw(HUP INT QUIT PIPE TERM);
vec($waiting, 0, 1) = 1;
$| = 1;
print "meseta-memory-events\n";
my $buffer = '';
while (1) {
    my $ready = $waiting;
    my $count = select $ready, undef, undef, %watched ? 1 : undef;
    if ($count > 0) {
        for my $fd (keys %of) { tell_oom($fd) if vec $ready, $fd, 1 }
        if (vec $ready, 0, 1) {
            my $read = sysread STDIN, $buffer, 65536, length $buffer;
            next if !defined $read && $! == POSIX::EINTR();
            last unless $read;
            while ($buffer =~ s/^(watch|forget) (.*)\n//) { $1 eq 'watch' ? watch($2) : forget($2) }
        }
    }
    if (%watched && seconds() >= $next) { tell_pressure(); $next = seconds() + 1 }
}

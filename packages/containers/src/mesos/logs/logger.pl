#!/usr/bin/perl
# Writes the output of containers to rotated files, or to the journal. Only perl-base is needed, and gzip to compress.
#   logger.pl
# The agent has one such process, which forks a logger for each container: a copy of itself that holds the reading ends of the
# container's two FIFOs, runs as the container's user, and outlives the agent. It ends when no process has the FIFOs open for
# writing any more, and everything is written.
#
# Requests come on standard input: a 4-byte big-endian length, then fields separated by NUL.
#   log ID DIRECTORY SANDBOX "UID GID GROUP..."|"" JOURNAL STREAM STREAM LABEL...
#                DIRECTORY gets the FIFOs `stdout` and `stderr`, the logger's `socket`, and `group`, the id of the process group
#                that its processes are; files are written in SANDBOX.
#                JOURNAL: path of the journal's socket. LABEL: NAME=VALUE, a field of each of its entries.
#                STREAM: "NAME DESTINATIONS BYTES COUNT COMPRESS": DESTINATIONS are files, journal or both (joined by +); a file
#                has at most BYTES, and COUNT older ones are kept; COMPRESS: no, yes, or later (all but the latest)
#   go ID        the container has opened its FIFOs, or never will. The end of standard input says it for all
# Answers are lines on standard output: `ready ID`, `failed ID STEP ERRNO`, and `lost ID TEXT` when output is lost.
# Who connects to the socket gets "d" when all that was written before is in its place; the connection ends with the logger.
#
# A disk that does not answer stops a process that writes to it. So each logger has a guard, a second process. It sleeps while
# there is no output. When the logger has done nothing for a second although there is, the guard takes what fills the FIFOs and
# drops it, and the logger writes how much is missing. The guard also is the next logger when the first one is killed.
use strict;
use warnings;
use Fcntl ();
use POSIX ();
require(__FILE__ =~ s/logger\.pl$/$_.pl/r) for qw(log-files journal);

my $read_bytes = 64 * 1024;
my $fifo_bytes = 256 * 1024;        # what a container may be ahead; where the kernel refuses it, 64 KiB
my $most_pending = 1024 * 1024;     # waiting for room on a disk that is full, or for the journal
my $patience = 1;                   # seconds, after which a logger that does nothing is waited for no more
my $last_tries = 10;                # seconds, after the end of the container
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
my $to_read = (POSIX::uname())[4] =~ /^ppc/ ? 0x4004667f : 0x541b;    # FIONREAD
my ($set_pipe_size, $get_pipe_size) = (1031, 1032);                   # F_SETPIPE_SZ, F_GETPIPE_SZ

# --- the process that forks loggers ----------------------------------------------------------------------------------

my %held;    # id => a pipe that holds its FIFOs open until it is closed

sub answer { my ($line) = @_; syswrite STDOUT, "$line\n" }

sub start {
    my ($id, @settings) = @_;
    pipe my $waiting, my $hold or return answer("failed $id pipe " . int $!);
    my $pid = fork;
    return answer("failed $id fork " . int $!) if !defined $pid;
    if (!$pid) { close $_ for $hold, values %held; logger($id, $waiting, @settings); POSIX::_exit(0) }
    $held{$id} = $hold;
}

sub serve {
    chdir '/';
    $0 = 'meseta-loggers';
    $SIG{CHLD} = 'IGNORE';    # loggers are not waited for
    $SIG{$_} = 'IGNORE' for qw(PIPE HUP INT TERM);
    syswrite STDOUT, "meseta-loggers\n";
    my $buffer = '';
    while (1) {
        my $count = sysread STDIN, $buffer, 65536, length $buffer;
        next if !defined $count && $! == POSIX::EINTR();
        last if !$count;
        while (length $buffer >= 4 and length $buffer >= 4 + (my $length = unpack 'N', $buffer)) {
            my ($type, $id, @rest) = split /\0/, substr(substr($buffer, 0, 4 + $length, ''), 4), -1;
            if ($type eq 'log') { start($id, @rest) }
            elsif (my $hold = delete $held{$id}) { close $hold }
        }
    }
}

# --- a logger --------------------------------------------------------------------------------------------------------

my ($id, @streams);
my ($waiting, @kept);     # before the container has opened the FIFOs: what tells of that, and ends that keep them open
my $listener;
my %clients;              # file number => a connection, and how much of each stream is to be written before it is told
my ($progress, $steps) = (undef, 0);    # a file whose position, which both processes see, says how often the logger has done something
my ($life, $losses);      # of the logger: a pipe that ends with it, and one by which the guard says what it has dropped
my ($guard, %dropped);    # of the guard: bytes that it has dropped, by stream
my $tries_end;            # when what cannot be written is given up

# What all sinks have: where they are in writing, and what is not written.
sub new_sink { my ($name, %more) = @_; return { name => $name, pending => '', dropped => 0, told => 0, in_line => 0, problem => '', why => '', busy => 0, %more } }
sub busy { return $_[0]{busy} }
sub attend { my ($sink) = @_; $sink->{attend}->($sink) if $sink->{attend} }
sub finish { my ($sink) = @_; $sink->{finish}->($sink) if $sink->{finish} }
# What a logger that was killed was doing is not done by the next one.
sub reset_sink { my ($sink) = @_; @$sink{qw(pending dropped told busy)} = ('', 0, 0, 0) }

# Seconds of a clock that is never set.
sub seconds { return (POSIX::times())[0] / $ticks }
sub unready { return $! == POSIX::EINTR() || $! == POSIX::EAGAIN() }
sub step { sysseek $progress, ++$steps, 0 }
sub available { my ($pipe) = @_; my $size = pack 'i', 0; return ioctl($pipe, $to_read, $size) ? unpack 'i', $size : 0 }

sub fail { my ($step) = @_; answer("failed $id $step " . int $!); POSIX::_exit(1) }

sub logger {
    ($id, $waiting, my ($directory, $sandbox, $user, $journal, $stdout, $stderr, @labels)) = @_;
    $0 = "meseta-logger $id";
    POSIX::setsid();
    $SIG{CHLD} = 'DEFAULT';
    my ($uid, $gid, @groups) = split ' ', $user;
    umask 0077;
    chdir $directory or fail('directory');
    for my $settings ($stdout, $stderr) {
        my $stream = stream_of($settings, $journal, \@labels);
        my $name = $stream->{name};
        POSIX::mkfifo($name, 0600) or fail($name);
        !defined $uid or chown $uid, $gid, $name or fail($name);    # it may open /dev/stdout
        # Opened for both directions first: that does not wait for another process.
        sysopen my $keeping, $name, Fcntl::O_RDWR() | Fcntl::O_NONBLOCK() or fail($name);
        sysopen $stream->{pipe}, $name, Fcntl::O_RDONLY() | Fcntl::O_NONBLOCK() or fail($name);
        fcntl $keeping, $set_pipe_size, $fifo_bytes;
        $stream->{capacity} = fcntl($keeping, $get_pipe_size, 0) || 65536;
        push @kept, $keeping;
        push @streams, $stream;
    }
    sysopen $progress, 'progress', Fcntl::O_RDWR() | Fcntl::O_CREAT(), 0600 or fail('progress');
    unlink 'progress';
    open my $group, '>', 'group' or fail('group');
    syswrite $group, $$ or fail('group');
    close $group;
    socket $listener, 1, 1, 0 or fail('socket');    # AF_UNIX, SOCK_STREAM
    bind $listener, pack 'Sa*', 1, 'socket' or fail('socket');
    listen $listener, 8 or fail('socket');
    fcntl $listener, Fcntl::F_SETFL(), Fcntl::O_RDWR() | Fcntl::O_NONBLOCK();
    # From here on, files are names in the current directory, wherever links in the sandbox lead.
    chdir $sandbox or fail('sandbox');
    umask 0022;
    if (defined $uid) {
        $! = 0;
        $) = join ' ', $gid, @groups ? @groups : $gid;    # setgroups, setegid
        fail('user') if $!;
        POSIX::setgid($gid) && POSIX::setuid($uid) or fail('user');
    }
    open STDIN, '<', '/dev/null';
    open STDERR, '>', '/dev/null';
    answer("ready $id");
    work();
}

sub stream_of {
    my ($settings, $journal, $labels) = @_;
    my ($name, $destinations, $bytes, $count, $compress) = split ' ', $settings;
    my $stream = { name => $name, sinks => [] };
    push @{ $stream->{sinks} }, file_sink($name, $bytes, $count, $compress) if $destinations =~ /files/;
    push @{ $stream->{sinks} }, journal_sink($name, $journal, @$labels) if $destinations =~ /journal/;
    return $stream;
}

# Reads and writes until the end, and ends.
sub work {
    while (1) {
        step();
        my @open = grep { $_->{pipe} } @streams;
        my @sinks = map { @{ $_->{sinks} } } @streams;
        my @unwritten = grep { $_->{pending} ne '' || $_->{dropped} } @sinks;
        if (!@open) {
            $tries_end ||= seconds() + $last_tries;
            last if (!@unwritten || seconds() > $tries_end) && !grep { busy($_) } @sinks;
        }
        my $ready = '';
        vec($ready, fileno $_, 1) = 1 for grep { $_ } $waiting, $listener, $losses, (map { $_->{pipe} } @open), map { $_->{socket} } values %clients;
        my $count = select $ready, undef, undef, @unwritten ? 0.25 : (grep { busy($_) } @sinks) ? 0.1 : undef;
        attend($_) for grep { busy($_) } @sinks;
        retry($_) for @unwritten;
        next if $count <= 0;
        if ($losses && vec $ready, fileno $losses, 1) { read_losses() or replace_guard() }
        let_go() if $waiting && vec $ready, fileno $waiting, 1;
        for my $stream (@open) { read_stream($stream) if vec $ready, fileno $stream->{pipe}, 1 }
        for my $key (keys %clients) { forget($key) if vec $ready, fileno $clients{$key}{socket}, 1 }    # nothing comes from there but its end
        accept_client() if vec $ready, fileno $listener, 1;
        tell_clients();
    }
    if ($life) {
        syswrite $life, 'q';
        1 while read_losses();    # until the guard has ended
        waitpid $guard, 0;
    }
    POSIX::_exit(0);
}

# The container has its FIFOs, so they end with it.
sub let_go {
    my $nothing;
    my $count = sysread $waiting, $nothing, 1;
    return if !defined $count && unready();
    close $_ for splice(@kept), $waiting;
    $waiting = undef;
    start_guard();
}

sub read_stream {
    my ($stream) = @_;
    my $data;
    my $count = sysread $stream->{pipe}, $data, $read_bytes;
    return if !defined $count && unready();
    if (!$count) {
        close $stream->{pipe};
        $stream->{pipe} = undef;
        finish($_) for @{ $stream->{sinks} };
        $_->{due}{ $stream->{name} } = 0 for values %clients;
        return;
    }
    take($_, $data) for @{ $stream->{sinks} };
    $_->{due}{ $stream->{name} } -= $count for values %clients;
}

# --- what cannot be written at once ----------------------------------------------------------------------------------

sub take {
    my ($sink, $data) = @_;
    return write_out($sink, $data) if $sink->{pending} eq '' && !$sink->{dropped};
    if (!$sink->{dropped} && length($sink->{pending}) + length $data <= $most_pending) { $sink->{pending} .= $data }
    else { lose($sink, length $data, $sink->{problem}) }
}

sub write_out {
    my ($sink, $data) = @_;
    my $taken = $sink->{write}->($sink, $data);
    return if $taken >= length $data;
    $sink->{pending} = substr $data, $taken;
    $sink->{problem} = "$!";
}

sub retry {
    my ($sink) = @_;
    my $data = $sink->{pending};
    $sink->{pending} = '';
    write_out($sink, $data) if $data ne '';
    return if $sink->{pending} ne '' || !$sink->{dropped};
    my ($bytes, $why) = @$sink{qw(dropped why)};
    @$sink{qw(dropped told)} = (0, 0);
    write_out($sink, ($sink->{in_line} ? "\n" : '') . "[meseta: $bytes bytes of output are missing here: $why]\n");
}

sub lose {
    my ($sink, $bytes, $why) = @_;
    $sink->{dropped} += $bytes;
    $sink->{why} = $why;
    answer("lost $id output of $sink->{name} is dropped: $why") if !$sink->{told}++;
}

# --- those who want to know that all is written ----------------------------------------------------------------------

sub accept_client {
    accept my $socket, $listener or return;
    fcntl $socket, Fcntl::F_SETFL(), Fcntl::O_RDWR() | Fcntl::O_NONBLOCK();
    $clients{ fileno $socket } = { socket => $socket, due => { map { $_->{name} => $_->{pipe} ? available($_->{pipe}) : 0 } @streams } };
}

sub tell_clients {
    for my $client (values %clients) {
        next if $client->{told} || grep { $_ > 0 } values %{ $client->{due} };
        $client->{told} = 1;
        syswrite $client->{socket}, 'd';
    }
}

sub forget { my ($key) = @_; close $clients{$key}{socket}; delete $clients{$key} }

# --- the guard -------------------------------------------------------------------------------------------------------

sub start_guard {
    pipe my $life_of_this, my $own_life or return;
    pipe my $own_losses, my $losses_of_guard or return;
    my $pid = fork;
    return if !defined $pid;    # without a guard, then
    if (!$pid) {
        close $_ for $own_life, $own_losses, ($life ? $life : ()), ($losses ? $losses : ()), map { $_->{socket} } values %clients;
        %clients = ();
        reset_sink($_) for map { @{ $_->{sinks} } } @streams;
        watch($life_of_this, $losses_of_guard);
        # The logger was killed: this is the next one.
        close $_ for $life_of_this, $losses_of_guard;
        ($life, $losses) = ();
        calm();
        start_guard();
        for my $stream (@streams) { lose($_, $dropped{ $stream->{name} }, 'the logger was killed') for $dropped{ $stream->{name} } ? @{ $stream->{sinks} } : () }
        %dropped = ();
        work();
    }
    close $_ for $life_of_this, $losses_of_guard, ($life ? $life : ()), ($losses ? $losses : ());
    ($life, $losses, $guard) = ($own_life, $own_losses, $pid);
}

# Returns when the logger was killed.
sub watch {
    my ($life_of_logger, $own_losses) = @_;
    fcntl $own_losses, Fcntl::F_SETFL(), Fcntl::O_WRONLY() | Fcntl::O_NONBLOCK();
    my $report = sub {
        for my $name (keys %dropped) {
            my $text = "$name $dropped{$name}\n";
            delete $dropped{$name} if (syswrite($own_losses, $text) || 0) == length $text;    # a pipe takes it whole, or not at all
        }
    };
    my $wait = sub {    # for the end of the logger, and whatever else; true when it has ended
        my ($seconds, @others) = @_;
        my $ready = '';
        vec($ready, fileno $_, 1) = 1 for $life_of_logger, @others;
        return if select($ready, undef, undef, $seconds) <= 0 || !vec $ready, fileno $life_of_logger, 1;
        my $word;
        my $count = sysread $life_of_logger, $word, 1;
        if ($count) { $report->(); POSIX::_exit(0) }    # it has finished
        return defined $count;
    };
    while (1) {
        my @open = map { $_->{pipe} ? $_->{pipe} : () } @streams;
        return if $wait->(undef, @open);
        my $seen = sysseek $progress, 0, 1;
        return if $wait->($patience);
        while (sysseek($progress, 0, 1) == $seen && grep { $_->{pipe} && available($_->{pipe}) } @streams) {
            for my $stream (@streams) {
                # Half full may be as full as it gets: each piece that is written may take up a page.
                next if !$stream->{pipe} || available($stream->{pipe}) < $stream->{capacity} / 2;
                my $count = sysread $stream->{pipe}, my $nothing, $stream->{capacity};
                $dropped{ $stream->{name} } += $count if $count;
            }
            $report->();
            return if $wait->(0.05);
        }
        $report->();
    }
}

# False at the end of the guard.
sub read_losses {
    my $text;
    my $count = sysread $losses, $text, 65536;
    return 1 if !defined $count && unready();
    return 0 if !$count;
    my %bytes;
    for my $line (split /\n/, $text) { my ($name, $bytes) = split ' ', $line; $bytes{$name} += $bytes }
    for my $stream (@streams) {
        my $bytes = $bytes{ $stream->{name} } or next;
        for (@{ $stream->{sinks} }) { lose($_, $bytes, 'it could not be written for more than a second'); retry($_) }
    }
    return 1;
}

# When it was killed.
sub replace_guard {
    waitpid $guard, 0;
    calm();
    start_guard();
}

# A process that was killed is not replaced as fast as others may kill it, or as fast as it may fail again.
sub calm { select undef, undef, undef, 0.1 }

serve();

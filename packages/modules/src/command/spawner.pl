#!/usr/bin/perl
# Runs the commands of command modules for a daemon: a fork here takes a fraction of the time that it takes in the daemon,
# whose memory is large, and does not block it. Only perl-base is needed. Standard input is the daemon's; when it ends, commands
# under way are killed.
#
#   spawner.pl DIRECTORY MAXIMUM_OUTPUT MAXIMUM_LOG
#
# Requests: a 4-byte big-endian length, then fields separated by NUL:
#   ID METHOD MODULE ARGC ARGV... INPUT
# The command is called with three more arguments: DIRECTORY/ID.in, .out and .err, mode 0600. Its standard input is the
# first; what it writes to standard output and error is kept up to MAXIMUM_LOG bytes. Answers are lines, some followed by
# bytes:
#   started ID PID
#   failed ID ERRNO STEP                          nothing ran; STEP: files, fork or exec
#   ended ID WAITSTATUS OUT ERR LOG LOGGED        then OUT bytes of output, ERR bytes of error, LOG bytes of what it wrote,
#                                                 of LOGGED; OUT -1: more than MAXIMUM_OUTPUT
use strict;
use warnings;
use Fcntl ();
use POSIX ();

my ($directory, $maximum_output, $maximum_log) = @ARGV;
my (%calls, %left);    # pid => call; fd of a pipe that outlived its command => its handle
my $answers = '';

# Answers are sent together before the next wait.
sub answer { $answers .= join '', @_ }

sub send_answers {
    while (length $answers) {
        my $written = syswrite STDOUT, $answers;
        if (defined $written) { substr $answers, 0, $written, '' }
        elsif ($! != POSIX::EINTR()) { quit() }    # the daemon is gone
    }
}

sub remove_files { unlink $_ or rmdir $_ for map { "$directory/$_[0].$_" } qw(in out err) }

sub write_file {
    my ($name, $text) = @_;
    sysopen my $file, "$directory/$name", Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL(), 0600 or return;
    for (my $done = 0; $done < length $text;) {
        my $written = syswrite $file, $text, length($text) - $done, $done;
        return unless defined $written;
        $done += $written;
    }
    return 1;
}

sub read_file {
    my ($name) = @_;
    return '' unless -s "$directory/$name";
    # If a pipe was put in its place, opening it must not block.
    sysopen my $file, "$directory/$name", Fcntl::O_RDONLY() | Fcntl::O_NONBLOCK() | Fcntl::O_NOFOLLOW() or return '';
    return '' unless -f $file;
    my $text = '';
    while (length $text <= $maximum_output) {
        my $read = sysread $file, $text, 1 << 20, length $text;
        last unless $read;
    }
    return $text;
}

sub start {
    my ($id, $method, $module, $argc, @rest) = split /\0/, ${ $_[0] }, -1;
    my @argv = splice @rest, 0, $argc;
    my $fail = sub { my $errno = int $!; remove_files($id); answer("failed $id $errno $_[0]\n") };
    write_file("$id.in", $rest[0]) && write_file("$id.out", '') && write_file("$id.err", '') or return $fail->('files');
    sysopen my $input, "$directory/$id.in", Fcntl::O_RDONLY() or return $fail->('files');
    pipe my $read, my $write or return $fail->('fork');
    my ($in, $out) = (fileno $input, fileno $write);
    push @argv, map { "$directory/$id.$_" } qw(in out err);
    @ENV{qw(MESOS_COMMAND_MODULE_METHOD MESOS_COMMAND_MODULE_NAME MESOS_COMMAND_MODULE_CALL)} = ($method, $module, $id);
    # All that can be is done before the fork: in the child each page written costs a fault.
    my $pid = fork;
    return $fail->('fork') unless defined $pid;
    if (!$pid) {
        POSIX::setsid();
        POSIX::dup2($in, 0);
        POSIX::dup2($out, 1);
        POSIX::dup2($out, 2);
        { no warnings 'exec'; exec { $argv[0] } @argv }
        syswrite STDOUT, "\0$id " . int $!;    # the log's last words
        POSIX::_exit(127);
    }
    fcntl $read, Fcntl::F_SETFL(), Fcntl::O_NONBLOCK();
    $calls{$pid} = { id => $id, log => $read, text => '', bytes => 0 };
    answer("started $id $pid\n");
}

# Reads the available bytes. @returns whether more may follow: another process holds the other end.
sub read_log {
    my ($call) = @_;
    while (1) {
        my $read = sysread $call->{log}, my $text, 65536;
        return $! == POSIX::EAGAIN() || $! == POSIX::EINTR() unless defined $read;
        return 0 unless $read;
        $call->{bytes} += $read;
        my $room = $maximum_log - length $call->{text};
        $call->{text} .= substr $text, 0, $room if $room > 0;
        return 1 if $read < 65536 || $call->{bytes} % (1 << 20) < 65536;    # other calls need time, too
    }
}

sub end {
    my ($pid, $status) = @_;
    my $call = delete $calls{$pid} or return;
    my ($id, $open) = ($call->{id}, read_log($call) && read_log($call));
    # A command that leaves something running keeps its standard output: it must not die of SIGPIPE.
    $left{ fileno $call->{log} } = $call->{log} if $open;
    if ($status == 127 << 8 && $call->{text} =~ /\x00\Q$id\E (\d+)\z/) {
        remove_files($id);
        return answer("failed $id $1 exec\n");
    }
    my $out = $status == 0 ? read_file("$id.out") : '';
    my $err = $status == 0 ? '' : read_file("$id.err");
    remove_files($id);
    my $length = length $out;
    if ($length > $maximum_output) { ($length, $out) = (-1, '') }
    $err = substr $err, 0, 65536;
    answer("ended $id $status $length ", length $err, ' ', length $call->{text}, " $call->{bytes}\n", $out, $err, $call->{text});
}

sub reap { while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) { end($pid, $?) } }

# Processes of the calls with these ids that have left their sessions.
sub escaped {
    my ($ids) = @_;
    local $/;
    return grep {
        my $variables = '';
        if (open my $file, '<', "/proc/$_/environ") { $variables = <$file> // '' }
        $variables =~ /(?:^|\0)MESOS_COMMAND_MODULE_CALL=([^\0]*)/ && $ids->{$1};
    } map { m{(\d+)} } glob '/proc/[0-9]*';
}

# Kills the processes of running calls, because the daemon has ended and cannot do it.
sub quit {
    POSIX::_exit(0) unless %calls;
    my %ids = map { $_->{id} => 1 } values %calls;
    for my $signal (qw(TERM KILL KILL)) {
        kill $signal => (map { -$_ } keys %calls), escaped(\%ids);
        for (1 .. 20) {
            while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) { delete $calls{$pid} }
            last unless %calls || escaped(\%ids);
            select undef, undef, undef, 0.05;
        }
    }
    remove_files($_) for keys %ids;
    POSIX::_exit(0);
}

$0 = 'meseta-commands';
# Caught, not ignored: exec restores the default by itself.
$SIG{$_} = sub { } for qw(HUP INT QUIT PIPE ALRM TERM USR1 USR2 CHLD);
answer("ready\n");
my $buffer = '';
while (1) {
    my $ready = '';
    vec($ready, 0, 1) = 1;
    vec($ready, $_, 1) = 1 for (map { fileno $_->{log} } grep { !$_->{closed} } values %calls), keys %left;
    send_answers();
    # A child that ends just before select starts is noticed when the time is up: Perl has no pselect.
    my $count = select $ready, undef, undef, %calls ? 0.02 : undef;
    reap();
    next if $count <= 0;
    for my $call (values %calls) { $call->{closed} = 1 if !$call->{closed} && vec($ready, fileno $call->{log}, 1) && !read_log($call) }
    for my $fd (keys %left) {
        next unless vec $ready, $fd, 1;
        my $read = sysread $left{$fd}, my $text, 65536;
        delete $left{$fd} if defined $read ? !$read : $! != POSIX::EAGAIN();
    }
    next unless vec $ready, 0, 1;
    my $read = sysread STDIN, $buffer, 1 << 20, length $buffer;
    next if !defined $read && $! == POSIX::EINTR();
    quit() unless $read;
    while (length $buffer >= 4 and length $buffer >= 4 + (my $length = unpack 'N', $buffer)) {
        my $request = substr $buffer, 4, $length;
        substr $buffer, 0, 4 + $length, '';
        start(\$request);
        reap();
    }
}

#!/usr/bin/perl
# The spawner: the agent's one helper process. It forks, for every container, a shim: a copy of itself that outlives the
# agent, starts the container's process (the task) and records how it ended. Only perl-base is needed.
#
#   spawner.pl RUNTIME_DIR
#
# Requests come on standard input: a 4-byte big-endian length, then fields separated by NUL.
#   launch ID CWD STDOUT STDERR "UID GID GROUP..."|"" UMASK FILE ARGC ARGV... NAME=VALUE...
#   go ID        let the task run: the agent has checkpointed it
#   abort ID     end it instead; closing standard input (the agent died) does so for all that wait for their "go"
# Answers are lines, shorter than PIPE_BUF and so never interleaved, in the FIFO RUNTIME_DIR/events:
#   ready SHIM START TASK START ID      forked and checkpointed, waiting for "go"; START as in /proc/<pid>/stat
#   started ID                          the task runs its program
#   failed ERRNO STEP ID                nothing ran
#   exited WAITSTATUS empty|busy ID     the task ended; busy: it left descendants
#   drained ID                          the last descendant ended as well
#   lost ID                             the shim itself was killed
# A container's file, RUNTIME_DIR/launcher/ID, has two lines:
#   SHIM START TASK START BOOT_ID       before "ready"
#   exited WAITSTATUS | failed ERRNO STEP   at the end, over the blanks that kept its place (a full disk cannot lose it)
use strict;
use warnings;
use Config ();
use Fcntl ();
use POSIX ();

# What shims and tasks do before exec is done by every launch in a fresh copy of this process, where each page written
# costs a fault: hence few files and signal handlers touched, and things computed here, once.

my ($runtime) = @ARGV;
my (%shims, %go, %lost);    # shim's pid => id; id => [pid, pipe to the task awaiting "go"]; killed ones' ids
my ($events, $null);        # the FIFO; /dev/null
my $boot_id = slurp('/proc/sys/kernel/random/boot_id');
my $prctl = {
    x86_64 => 157, aarch64 => 167, riscv64 => 167, loongarch64 => 167, s390x => 172, powerpc64le => 171, arm => 172,
    i386 => 172, i486 => 172, i586 => 172, i686 => 172,
}->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' };

# --- helpers ---------------------------------------------------------------------------------------------------------

# Fails when no agent listens: the files tell the next one.
sub tell_agent { my $line = "@_\n"; 1 until defined syswrite $events, $line or $! != POSIX::EINTR() }

sub slurp {
    my $fd = POSIX::open($_[0]) or return '';
    POSIX::read($fd, my $text, 65536);
    POSIX::close($fd);
    return $text || '';
}

# Field 22 of /proc/<pid>/stat; the name in field 2 may hold anything, so count from the last parenthesis.
sub start_time { my $stat = slurp("/proc/$_[0]/stat"); return (split ' ', substr $stat, rindex($stat, ')') + 1)[19] }

sub become_subreaper { return $prctl && syscall($prctl, 36, 1, 0, 0, 0) == 0 }    # PR_SET_CHILD_SUBREAPER

# --- the task: everything between fork and exec ----------------------------------------------------------------------

sub task {
    my ($shim, $go, $result, $request) = @_;
    my (undef, undef, $cwd, $stdout, $stderr, $user, $umask, $file, $argc, @rest) = split /\0/, $$request, -1;
    my $fail = sub { syswrite $result, int($!) . " $_[0]"; POSIX::_exit(1) };
    POSIX::setsid();    # a group of its own: `kill 0` in a task must not reach the shim
    umask oct $umask;
    my $flags = Fcntl::O_WRONLY() | Fcntl::O_APPEND() | Fcntl::O_CREAT() | Fcntl::O_NOFOLLOW() | Fcntl::O_NOCTTY();
    sysopen my $out, $stdout, $flags, 0644 or $fail->('stdout');
    sysopen my $err, $stderr, $flags, 0644 or $fail->('stderr');
    POSIX::dup2(fileno $out, 1) && POSIX::dup2(fileno $err, 2) or $fail->('stdout');
    chdir $cwd or $fail->('chdir');
    if ($user ne '') {
        my ($uid, $gid, @groups) = split ' ', $user;
        $! = 0;
        $) = join ' ', $gid, @groups ? @groups : $gid;    # setgroups, setegid
        $fail->('user') if $!;
        POSIX::setgid($gid) && POSIX::setuid($uid) or $fail->('user');
    }
    my @argv = splice @rest, 0, $argc;
    %ENV = map { split /=/, $_, 2 } @rest;
    my $read;
    do { $read = sysread $go, my $byte, 1 } while !defined $read && $! == POSIX::EINTR();
    unless ($read) { $! = 0; $fail->('abort') }
    syscall $prctl, 1, 9, 0, 0, 0 if $prctl;    # PR_SET_PDEATHSIG, SIGKILL: no task runs unsupervised
    POSIX::_exit(1) if getppid() != $shim;
    { no warnings 'exec'; exec {$file} @argv }
    $fail->('exec');
}

# --- the shim --------------------------------------------------------------------------------------------------------

# Writes the end of the container's story over the blanks, in one go: readers see all of it or nothing.
sub record {
    my ($file, $offset, $text) = @_;
    return sysseek($file, $offset, 0) && (syswrite($file, sprintf "%-63s\n", $text) || 0) == 64;
}

sub shim {
    my ($go, $id, $request) = @_;
    POSIX::setsid();
    become_subreaper();
    $0 = "meseta-shim $id";
    POSIX::dup2(fileno $null, $_) for 0 .. 2;
    my $task;
    my $fail = sub {
        my $errno = int $!;
        if ($task) { kill KILL => $task; waitpid $task, 0 }
        tell_agent('failed', $errno, $_[0], $id);
        POSIX::_exit(0);
    };
    # Exclusive: an id is launched once.
    sysopen my $file, "$runtime/launcher/$id", Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL(), 0600 or $fail->('runtime');
    pipe my $result, my $result_end or $fail->('fork');
    my $self = $$;
    $task = fork;
    $fail->('fork') unless defined $task;
    if (!$task) { close $result; task($self, $go, $result_end, $request) }
    close $go;
    close $result_end;
    my @pids = ($self, start_time($self), $task, start_time($task));
    my $line = "@pids $boot_id";
    my $text = $line . ' ' x 64;
    (syswrite($file, $text) || 0) == length $text or $fail->('runtime');
    tell_agent('ready', @pids, $id);

    my $failure = '';
    while (1) { my $read = sysread $result, $failure, 64, length $failure; last if defined $read ? !$read : $! != POSIX::EINTR() }
    close $result;
    if ($failure ne '') {
        waitpid $task, 0;
        record($file, length $line, "failed $failure");
        tell_agent('failed', $failure, $id);
        POSIX::_exit(0);
    }
    tell_agent('started', $id);

    # Reap whatever ends until the task is among it, then look whether anything is left.
    my ($ended, $wait_status);
    do { $ended = waitpid -1, 0; $wait_status = $? } until $ended == $task;
    do { $ended = waitpid -1, POSIX::WNOHANG() } while $ended > 0;
    my $recorded = record($file, length $line, "exited $wait_status");
    tell_agent('exited', $wait_status, $ended ? 'empty' : 'busy', $id);
    if (!$ended) {
        1 while waitpid(-1, 0) > 0 || $! == POSIX::EINTR();
        tell_agent('drained', $id);
    }
    # A record that could not be written is lost only with this process: try until the agent has removed the file.
    while (!$recorded && (stat $file)[3]) { sleep 1; $recorded = record($file, length $line, "exited $wait_status") }
    POSIX::_exit(0);
}

# --- the spawner -----------------------------------------------------------------------------------------------------

sub launch {
    my ($id, $request) = @_;
    if (!pipe(my $read, my $write)) { return tell_agent('failed', int $!, 'fork', $id) }
    else {
        my $pid = fork;
        return tell_agent('failed', int $!, 'fork', $id) unless defined $pid;
        if (!$pid) { close $write; %go = (); shim($read, $id, $request) }
        $shims{$pid} = $id;
        $go{$id} = [$pid, $write];
    }
}

sub handle {
    my ($request) = @_;
    my ($type, $id) = split /\0/, $$request, 3;
    if ($type eq 'launch') { launch($id, $request) }
    elsif ($type eq 'go') { my $waiting = delete $go{$id}; syswrite $waiting->[1], 'g' if $waiting }
    elsif ($type eq 'abort') { delete $go{$id} }
}

# Being a subreaper, the spawner inherits the descendants of a shim that was killed: a child that is no shim is such a
# leaving, and is killed. (A child's pid is not recycled before it is waited for, so this never hits anybody else.)
sub reap {
    my $inherited;
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        my $status = $?;
        my $id = delete $shims{$pid};
        if (!defined $id) { $inherited = 1; next }
        delete $go{$id} if $go{$id} && $go{$id}[0] == $pid;
        $lost{$id} = 1 if $status;
    }
    return unless $inherited || %lost;
    my @strays = grep { !$shims{$_} } split ' ', slurp("/proc/$$/task/$$/children");
    kill KILL => @strays;
    return if @strays;    # their end brings us back here
    tell_agent('lost', $_) for keys %lost;
    %lost = ();
}

if (opendir my $fds, '/proc/self/fd') { my @open = readdir $fds; closedir $fds; /^\d+$/ && $_ > 2 && POSIX::close($_) for @open }
open $null, '+<', '/dev/null' or die "could not open /dev/null: $!\n";
chdir '/';
$0 = 'meseta-spawner';
# Caught, not ignored: nothing happens (but that a wait is interrupted), and exec restores the default by itself.
$SIG{$_} = sub { } for qw(HUP INT QUIT PIPE ALRM TERM USR1 USR2 CHLD);
my $subreaper = become_subreaper() ? 1 : 0;
if (!-p "$runtime/events") { POSIX::mkfifo("$runtime/events", 0600) or die "could not make $runtime/events: $!\n" }
$| = 1;
print join(' ', 'meseta-spawner', $$, POSIX::sysconf(POSIX::_SC_CLK_TCK()), POSIX::sysconf(POSIX::_SC_PAGESIZE()), $subreaper), "\n";

my $buffer = '';
while (1) {
    my $ready = '';
    vec($ready, 0, 1) = 1;
    # A child that ends just before select starts is noticed when the time is up: Perl has no pselect.
    my $count = select $ready, undef, undef, %lost ? 0.01 : %shims ? 1 : undef;
    reap();
    next if $count <= 0;
    my $read = sysread STDIN, $buffer, 65536, length $buffer;
    next if !defined $read && $! == POSIX::EINTR();
    last unless $read;
    if (!$events) {    # the agent has opened its end before it sends anything
        sysopen $events, "$runtime/events", Fcntl::O_WRONLY() | Fcntl::O_NONBLOCK() or die "no agent reads $runtime/events: $!\n";
        fcntl $events, Fcntl::F_SETFL(), Fcntl::O_WRONLY();    # from here on a slow agent makes writers wait
    }
    while (length $buffer >= 4 and length $buffer >= 4 + (my $length = unpack 'N', $buffer)) {
        my $request = substr $buffer, 4, $length;
        substr $buffer, 0, 4 + $length, '';
        handle(\$request);
    }
}

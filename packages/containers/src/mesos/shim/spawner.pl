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
# Files of a container, in RUNTIME_DIR/containers/ID: `pid` as in "ready", with the boot id; `status`, written at the end.
use strict;
use warnings;
use Config ();
use Fcntl ();
use POSIX ();

my ($runtime) = @ARGV;
my (%shims, %go, %lost, $events);    # shim's pid => id; id => pipe to the task awaiting "go"; ids of killed shims
my $blank = 64;                      # bytes of a status record, reserved at launch so that a full disk cannot lose it

# --- helpers ---------------------------------------------------------------------------------------------------------

sub tell_agent { syswrite $events, "@_\n" }    # fails when no agent listens: the files tell the next one

sub slurp { open my $file, '<', shift or return ''; local $/; my $text = <$file>; return defined $text ? $text : '' }

# Field 22 of /proc/<pid>/stat; the name in field 2 may hold anything, so count from the last parenthesis.
sub start_time { my ($rest) = slurp("/proc/$_[0]/stat") =~ /.*\) (.*)/s or return 0; return (split ' ', $rest)[19] }

sub prctl {
    my ($arch) = $Config::Config{archname} =~ /^([^-]+)/;
    my $number = { x86_64 => 157, aarch64 => 167, riscv64 => 167, loongarch64 => 167, i386 => 172, i486 => 172, i586 => 172,
        i686 => 172, arm => 172, s390x => 172, powerpc64le => 171, powerpc64 => 171 }->{$arch};
    return defined $number && syscall($number, @_, 0, 0, 0) == 0;
}

sub become_subreaper { return prctl(36, 1) }    # PR_SET_CHILD_SUBREAPER: orphaned descendants become our children

# --- the task: everything between fork and exec ----------------------------------------------------------------------

sub task {
    my ($shim, $go, $result, undef, undef, $cwd, $stdout, $stderr, $user, $umask, $file, $argc, @rest) = @_;
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
    $SIG{$_} = 'DEFAULT' for qw(HUP INT QUIT TERM PIPE USR1 USR2 ALRM);
    my $read;
    do { $read = sysread $go, my $byte, 1 } while !defined $read && $! == POSIX::EINTR();
    unless ($read) { $! = 0; $fail->('abort') }
    prctl(1, 9);    # PR_SET_PDEATHSIG: no task runs unsupervised
    POSIX::_exit(1) if getppid() != $shim;
    { no warnings 'exec'; exec {$file} @argv }
    $fail->('exec');
}

# --- the shim --------------------------------------------------------------------------------------------------------

# Writes the record over its reserved blanks and gives it its name: readers see all of it or nothing.
sub record {
    my ($file, $dir, $text) = @_;
    return sysseek($file, 0, 0) && ((syswrite $file, sprintf "%-*s\n", $blank - 1, $text) || 0) == $blank
        && rename "$dir/status.tmp", "$dir/status";
}

sub shim {
    my ($go, @request) = @_;
    my $id  = $request[1];
    my $dir = "$runtime/containers/$id";
    POSIX::setsid();
    become_subreaper();
    $0 = "meseta-shim $id";
    $SIG{CHLD} = 'DEFAULT';
    $SIG{$_} = 'IGNORE' for qw(HUP INT QUIT TERM USR1 USR2 ALRM);
    open my $null, '+<', '/dev/null';
    POSIX::dup2(fileno $null, $_) for 0 .. 2;
    my $task;
    my $fail = sub {
        my $errno = int $!;
        if ($task) { kill KILL => $task; waitpid $task, 0 }
        tell_agent('failed', $errno, $_[0], $id);
        POSIX::_exit(0);
    };
    mkdir $dir, 0700 or $! == POSIX::EEXIST() or $fail->('runtime');
    my $new = Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL();
    sysopen my $pid, "$dir/pid", $new, 0600 or $fail->('runtime');    # exclusive: an id is launched once
    sysopen my $status, "$dir/status.tmp", $new, 0600 or $fail->('runtime');
    (syswrite $status, ' ' x $blank) == $blank or $fail->('runtime');
    pipe my $result, my $result_end or $fail->('fork');
    my $self = $$;
    $task = fork;
    $fail->('fork') unless defined $task;
    if (!$task) { close $result; task($self, $go, $result_end, @request) }
    close $go;
    close $result_end;
    my @pids = ($self, start_time($self), $task, start_time($task));
    my $line = join ' ', @pids, slurp('/proc/sys/kernel/random/boot_id');
    ((syswrite $pid, $line) || 0) == length $line or $fail->('runtime');
    close $pid;
    tell_agent('ready', @pids, $id);

    my $failure = '';
    while (1) { my $read = sysread $result, $failure, 64, length $failure; last if defined $read ? !$read : $! != POSIX::EINTR() }
    close $result;
    if ($failure ne '') {
        waitpid $task, 0;
        record($status, $dir, "failed $failure");
        tell_agent('failed', $failure, $id);
        POSIX::_exit(0);
    }
    tell_agent('started', $id);

    # Reap whatever ends until the task is among it, then look whether anything is left.
    my ($ended, $wait_status);
    do { $ended = waitpid -1, 0; $wait_status = $? } until $ended == $task;
    do { $ended = waitpid -1, POSIX::WNOHANG() } while $ended > 0;
    my $recorded = record($status, $dir, "exited $wait_status");
    tell_agent('exited', $wait_status, $ended ? 'empty' : 'busy', $id);
    if (!$ended) {
        1 while waitpid(-1, 0) > 0 || $! == POSIX::EINTR();
        tell_agent('drained', $id);
    }
    # The record is lost only with this process: try until there is room, or until the agent has removed the directory.
    while (!$recorded && -d $dir) { sleep 1; $recorded = record($status, $dir, "exited $wait_status") }
    POSIX::_exit(0);
}

# --- the spawner -----------------------------------------------------------------------------------------------------

sub launch {
    my @request = @_;
    my $id = $request[1];
    if (!pipe(my $read, my $write)) { return tell_agent('failed', int $!, 'fork', $id) }
    else {
        my $pid = fork;
        return tell_agent('failed', int $!, 'fork', $id) unless defined $pid;
        if (!$pid) { close $write; %go = (); shim($read, @request) }
        $shims{$pid} = $id;
        $go{$id} = $write;
    }
}

sub handle {
    my ($type, $id) = @_;
    if ($type eq 'launch') { launch(@_) }
    elsif ($type eq 'go') { my $pipe = delete $go{$id}; syswrite $pipe, 'g' if $pipe }
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
        delete $go{$id};
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
chdir '/';
$0 = 'meseta-spawner';
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = sub { };    # interrupts select
my $subreaper = become_subreaper() ? 1 : 0;
if (!-p "$runtime/events") { POSIX::mkfifo("$runtime/events", 0600) or die "could not make $runtime/events: $!\n" }
$| = 1;
print join(' ', 'meseta-spawner', $$, POSIX::sysconf(POSIX::_SC_CLK_TCK()), POSIX::sysconf(POSIX::_SC_PAGESIZE()), $subreaper), "\n";

my $buffer = '';
while (1) {
    my $ready = '';
    vec($ready, 0, 1) = 1;
    # A child that ends just before select starts is noticed a second later: Perl has no pselect.
    my $count = select $ready, undef, undef, (%shims || %lost) ? 1 : undef;
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
        handle(split /\0/, $request, -1);
    }
}

#!/usr/bin/perl
# The shim starts a container's process (the task), records how it ended and waits for the last of its descendants. Only
# perl-base is needed. There are two modes:
#   shim.pl spawner RUNTIME_DIR [ends] [linux] [idle=SECONDS]
#       The agent's one helper process. It forks shims: copies of itself that outlive the agent. A shim supervises one
#       container at a time, and the next one after the agent has released it. With `ends`, all containers are killed when
#       the agent ends, because no other agent will take them over: by the spawner, or without it by the shims. With `linux`, a launch may have a plan (see steps.pl).
#   shim.pl single EXECUTOR NAME PIPES
#       The shim of one container, which ends with the process that started it: the stand-alone executor, whose pid is
#       EXECUTOR. Nothing is stored on disk. NAME is for ps. PIPES says which of the task's files 0, 1 and 2 are pipes ("12"),
#       made here, because those of Node.js are sockets, which no program can open as /dev/stdout; the others are the shim's
#       own, which it closes. Requests and answers go over its file 3, a socket.
#
# Requests are a 4-byte big-endian length, then fields separated by NUL. A spawner gets them on standard input.
#   launch ID CWD STDIN STDOUT STDERR LIMITS "UID GID GROUP..."|"" UMASK FILE ARGC ARGV... PLANC PLAN... NAME=VALUE...
#                LIMITS: options of prlimit(1), separated by spaces. CWD, STDOUT, STDERR and UMASK: empty for the shim's own.
#                STDIN: empty for one that has ended; else it and the others are FIFOs, or one terminal (see attached.pl)
#                PLAN: for each step the number of its fields, then these; its name is the first. FILE empty: no program,
#                the task's process holds what was set up for it until it is killed; without a plan there is nothing to hold,
#                and no task: the shim stands for it
#   go ID        let the task run: the agent has checkpointed it. A single shim gets the letter g instead
#   abort ID     end it instead; closing standard input (the agent died) does so for all that wait for their "go". Later, end
#                a container without a task
#   kill ID      kill its shim, which stands for its task
#   release ID   forget the container, of which nothing is left: its file is removed, its shim may get another container
# Answers are lines, shorter than PIPE_BUF and so never interleaved, in the FIFO RUNTIME_DIR/events or the socket:
#   pipes FD...                         before the request, of a single shim with PIPES: its ends of them, to be opened in
#                                       /proc/<shim>/fd before the request is sent
#   ready SHIM START USER SYSTEM TASK START ID
#                                       forked and checkpointed, waiting for "go"; START as in /proc/<pid>/stat, USER and
#                                       SYSTEM are clock ticks that earlier containers of this shim have used
#   moved TASK START ID                 with a plan that enters a pid namespace: the program runs in another process, this one
#   started ID                          the task runs its program
#   failed ERRNO STEP ID                nothing ran
#   exited WAITSTATUS empty|busy ID     the task ended; busy: it left descendants
#   drained ID                          the last descendant ended as well
#   lost ID                             the shim itself was killed (reported by the spawner)
#   kept ID                             its file could not be removed (by the spawner), so the agent has to
# A container's file, RUNTIME_DIR/launcher/ID, has two lines:
#   SHIM START USER SYSTEM TASK START BOOT_ID   before "ready"
#   exited WAITSTATUS | failed ERRNO STEP   at the end, over the blanks that kept its place (a full disk cannot lose it)
use strict;
use warnings;
use Config ();
use Fcntl ();
use POSIX ();
# A constant: a spawner is compiled without what is for single shims. (`use constant` would cost pages.)
BEGIN {
    my ($single, $linux) = ($ARGV[0] eq 'single', $ARGV[0] ne 'single' && grep { $_ eq 'linux' } @ARGV[2 .. $#ARGV]);
    *SINGLE = sub () { $single };
    *LINUX = sub () { $linux };
}

# A launch is little work, but runs in new copies of this process, in which each written page costs a fault. These faults
# cost more than everything else. Hence raw file descriptors, system calls, and values computed here, once.

our $runtime = $ARGV[1];    # of a spawner
my $logs = "$ARGV[1]/logs/";    # there, output files are FIFOs
our ($events, $null);    # file descriptors: for answers, and of /dev/null
our $attached;    # of a task: its standard input is not /dev/null, but something that is written to
my $boot_id = SINGLE ? '' : slurp('/proc/sys/kernel/random/boot_id');
my @pipes;    # of a single shim: which files of its task are pipes
my $close_on_exec = 02000000;  # O_CLOEXEC
my $new_file = Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL() | $close_on_exec;
my $output_file = Fcntl::O_WRONLY() | Fcntl::O_APPEND() | Fcntl::O_CREAT() | Fcntl::O_NOFOLLOW() | Fcntl::O_NOCTTY() | $close_on_exec;
my %calls;    # numbers of system calls
@calls{qw(prctl pipe2 execve setsid read)} = @{ {
    x86_64 => [157, 293, 59, 112, 0],
    (map { $_ => [167, 59, 221, 157, 63] } qw(aarch64 riscv64 loongarch64)),
    s390x => [172, 325, 11, 66, 3],
    (map { $_ => [171, 317, 11, 66, 3] } qw(powerpc64le ppc64le)),
    arm => [172, 359, 11, 66, 3],
    (map { $_ => [172, 331, 11, 66, 3] } qw(i386 i486 i586 i686)),
}->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' } or die "system calls of $Config::Config{archname} are not known\n" };

# --- helpers ---------------------------------------------------------------------------------------------------------

# Writes an answer. Fails when no agent reads: the next agent finds it in the files.
sub answer { 1 until defined POSIX::write($events, $_[0], length $_[0]) or $! != POSIX::EINTR() }

# Reads the available bytes, at most SIZE; '' at the end.
sub piece {
    my ($fd, $size) = @_;
    my ($read, $text);
    1 until defined($read = POSIX::read($fd, $text, $size)) or $! != POSIX::EINTR();
    return $read && $read > 0 ? $text : '';
}

sub slurp {
    defined(my $fd = POSIX::open($_[0])) or return '';
    my ($text, $piece) = ('');
    $text .= $piece while ($piece = piece($fd, 4096)) ne '';
    POSIX::close($fd);
    return $text;
}

# Reading end and writing end, which no program inherits.
sub closed_on_exec_pipe {
    my $ends = pack 'ii', 0, 0;
    return syscall($calls{pipe2}, $ends, $close_on_exec) == 0 ? unpack 'ii', $ends : ();
}

# Field 22 of /proc/<pid>/stat; the name in field 2 may hold anything, so count from the last parenthesis.
sub start_time {
    my $stat = slurp("/proc/$_[0]/stat");
    my $at = rindex $stat, ')';
    $at = 1 + index $stat, ' ', $at for 1 .. 20;
    return substr($stat, $at, index($stat, ' ', $at) - $at) || 0;
}

# Of this process, by the machine's /proc: in a pid namespace of its own, getppid is 0.
sub host_parent { my @fields = split ' ', (split /\) /, slurp('/proc/self/stat'))[-1]; return $fields[1] || 0 }

sub become_subreaper { return syscall($calls{prctl}, 36, 1, 0, 0, 0) == 0 }    # PR_SET_CHILD_SUBREAPER
sub signal_at_end_of_parent { syscall $calls{prctl}, 1, $_[0], 0, 0, 0 }    # PR_SET_PDEATHSIG

# Stops each process before it looks for further ones, because a stopped process cannot fork.
sub members {
    my @found;
    for my $pid (split ' ', slurp("/proc/$_[0]/task/$_[0]/children")) { kill STOP => $pid; push @found, $pid, members($pid) }
    return @found;
}

# Kills everything below this process; orphans come here.
sub end_all {
    while (1) {
        kill KILL => members($$);
        my $ended;
        do { $ended = waitpid -1, POSIX::WNOHANG() } while $ended > 0;
        last if $ended < 0 && $! != POSIX::EINTR();
        select undef, undef, undef, 0.01;
    }
}

# --- the shim --------------------------------------------------------------------------------------------------------

# Serves its requests until the spawner has closed their pipe. It stays in the spawner's session: kernels that distribute
# processors by session (autogroups) would give every shim as much as the whole agent.
sub shim {
    my ($requests) = @_;
    be_shim();
    POSIX::dup2($null, $_) for 0 .. 2;
    my $start = start_time($$);
    supervise($requests, $start, receive($requests)) while 1;
}

# Supervises one container for the process that started this one, and ends with it.
sub single_shim {
    my ($executor, $name, $pipes) = @_;
    $0 = $name;
    be_shim();
    # A handler does the work, for waitpid starts over after one.
    $SIG{USR1} = sub { end_all(); POSIX::_exit(0) };
    signal_at_end_of_parent(POSIX::SIGUSR1());
    POSIX::_exit(0) if getppid != $executor;
    my @ends;
    for my $fd (@pipes = split //, $pipes) {
        my ($read, $write) = closed_on_exec_pipe() or die "could not make a pipe: $!\n";
        my ($own, $other) = $fd ? ($write, $read) : ($read, $write);
        POSIX::dup2($own, $fd) && POSIX::close($own);
        push @ends, $other;
    }
    answer("pipes @ends\n") if @ends;
    my $request = receive($events);
    POSIX::close($_) for @ends;    # the executor has opened them
    supervise($events, start_time($$), $request);
    POSIX::_exit(0);
}

# Prepares a shim that has no container yet.
sub be_shim {
    become_subreaper();
    @SIG{qw(CHLD FPE)} = ('DEFAULT') x 2;    # it waits for children all the time; Perl ignores FPE, and tasks would
}

# Waits for the next launch. Without one the shim ends.
sub receive {
    my ($requests) = @_;
    my $request = '';
    until (length $request >= 4 and length $request >= 4 + unpack 'N', $request) {
        my $piece = piece($requests, 65536);
        POSIX::_exit(0) if $piece eq '';
        $request .= $piece;
        # The "go" or "abort" of the container before, whose task was killed before it could read it. Lengths begin with 0.
        $request =~ s/^[ga]+//;
    }
    return $request;
}

# Writes the container's exit status over the blanks, in one write: readers see all of it or nothing.
sub record {
    my ($file, $offset, $text) = @_;
    return 1 if SINGLE;
    return POSIX::lseek($file, $offset, 0) && (POSIX::write($file, sprintf("%-63s\n", $text), 64) || 0) == 64;
}

# Ends a shim whose container could not be launched.
sub give_up {
    my ($step, $id, $task) = @_;
    my $errno = int $!;
    if ($task) { kill KILL => $task; waitpid $task, 0 }
    answer("failed $errno $step $id\n");
    POSIX::_exit(0);
}

# Ends a task that could not be started. The shim reads what it writes here; after a successful exec it reads nothing.
sub fail {
    my ($result, $step) = @_;
    my $why = int($!) . " $step";
    POSIX::write($result, $why, length $why);
    POSIX::_exit(1);
}

# Makes a task, before it executes its program, one of this user, who may then open its pipes by name.
sub switch_user {
    my ($result, $user) = @_;
    my ($uid, $gid, @groups) = split ' ', $user;
    chown $uid, $gid, (\*STDIN, \*STDOUT, \*STDERR)[@pipes] if SINGLE && @pipes;
    $! = 0;
    $) = join ' ', $gid, @groups ? @groups : $gid;    # setgroups, setegid
    fail($result, 'user') if $!;
    POSIX::setgid($gid) && POSIX::setuid($uid) or fail($result, 'user');
}

# A task without a program: holds the container's namespaces and cgroups, for others to be launched in. Signals that can be
# caught do nothing to it, see the end of this file.
sub pause_here {
    my ($id, $result) = @_;
    $0 = "meseta-pause $id";
    POSIX::close($_) for 0 .. 2, $result;    # the shim takes the end of the latter for an exec that succeeded
    POSIX::pause() while 1;
}

# Stands for the task of a container without a program, for which nothing was set up: a process of its own would cost as
# much as a task. It ends by request; without a spawner, or when it is in no state to read, by SIGKILL.
sub stand_in {
    my ($requests, $start, $id, $file, $stdout, $stderr) = @_;
    for ($stdout, $stderr) {
        next if $_ eq '';
        defined(my $fd = POSIX::open($_, $output_file, 0644)) or give_up($_ eq $stdout ? 'stdout' : 'stderr', $id);
        POSIX::close($fd);
    }
    my (undef, undef, undef, @used) = POSIX::times();
    my $processes = sprintf "$$ $start @used %010d %020d", $$, $start;
    my $line = "$processes $boot_id";
    my $text = $line . ' ' x 64;
    (POSIX::write($file, $text, length $text) || 0) == length $text or give_up('runtime', $id);
    answer("ready $processes $id\n");
    if (piece($requests, 1) ne 'g') {
        record($file, length $line, 'failed 0 abort');
        answer("failed 0 abort $id\n");
        POSIX::_exit(0);
    }
    answer("started $id\n");
    if (piece($requests, 1) eq '') { POSIX::pause() while 1 }
    record($file, length $line, 'exited 9');    # a full disk keeps nothing of interest: it was destroyed
    answer("exited 9 empty $id\n");
    POSIX::close($file);
}

# Supervises one container, from its launch until nothing is left of it.
sub supervise {
    my ($requests, $start, $request) = @_;
    my (undef, $id, $cwd, $stdin, $stdout, $stderr, $limits, $user, $umask, $program, $argc, @rest) = split /\0/, substr($request, 4), -1;
    $0 = "meseta-shim $id" if !SINGLE;
    # Exclusive: an id is launched once.
    SINGLE or defined(my $file = POSIX::open("$runtime/launcher/$id", $new_file, 0600)) or give_up('runtime', $id);
    if (!SINGLE && $program eq '' && $rest[$argc] eq '0' && $stdin eq '' && $limits eq '') {
        return stand_in($requests, $start, $id, $file, $stdout, $stderr);
    }
    my ($result, $result_end) = closed_on_exec_pipe() or give_up('fork', $id);    # an exec that succeeds says so
    # Made here, for the task would have to copy more of this memory to make it.
    my @argv = splice @rest, 0, $argc;
    my @steps = splice @rest, 0, shift @rest;
    my $plan = LINUX && @steps ? plan_of(@steps) : undef;
    my ($status, $status_end) = $plan && $plan->{init} ? closed_on_exec_pipe() : ();
    my ($argv, $environment) = (pack('(p)*', @argv, undef), pack '(p)*', @rest, undef);
    my ($self, $byte) = ($$, ' ');
    my (undef, undef, undef, @used) = POSIX::times();
    if ($plan and my $failed = run_steps($plan, 'shim')) { give_up($failed, $id) }
    if ($stdin ne '') {
        require(__FILE__ =~ s/shim\.pl$/attached.pl/r);
        my $failed = make_attached($user, $stdin, $stdout, $stderr);
        give_up($failed, $id) if $failed;
    }
    my $task = fork;
    give_up('fork', $id) unless defined $task;
    if (!$task) {
        if ($plan && $plan->{nests}) { nest($result_end) or fail($result_end, 'fork') }
        syscall $calls{setsid};    # its own group: `kill 0` in a task must not reach the shim
        $SIG{USR1} = $SIG{TERM} = 'DEFAULT' if SINGLE;    # neither the shim's to handle nor lost
        umask oct $umask if $umask ne '';
        if ($stdin ne '') {
            my $failed = open_attached($stdin, $stdout, $stderr);
            fail($result_end, $failed) if $failed;
        } elsif ($stdout ne '') {
            # A logger ends when its agent was killed before this has opened its FIFOs: to open them would wait for ever then.
            if (!SINGLE && index($stdout, $logs) == 0) {
                defined POSIX::open($_, $output_file | Fcntl::O_NONBLOCK(), 0644) or fail($result_end, 'stdout') for $stdout, $stderr;
            }
            defined(my $out = POSIX::open($stdout, $output_file, 0644)) or fail($result_end, 'stdout');
            defined(my $err = POSIX::open($stderr, $output_file, 0644)) or fail($result_end, 'stderr');
            POSIX::dup2($out, 1) && POSIX::dup2($err, 2) or fail($result_end, 'stdout');
        }
        # Before mounts, one of which may hide it; afterwards when the root is going to be another one.
        $cwd eq '' or ($plan && $plan->{elsewhere}) or chdir $cwd or fail($result_end, 'chdir');
        if ($plan) {
            # Set early: from here on nothing of the container outlives its shim.
            signal_at_end_of_parent(9);
            POSIX::_exit(1) if host_parent() != $self;
            conceal($events, $file) or fail($result_end, 'conceal');
            my $failed = run_steps($plan, 'first');
            fail($result_end, $failed) if $failed;
            if ($status_end) {
                my $program = fork;
                fail($result_end, 'fork') unless defined $program;
                init($program, $status_end) if $program;
                syscall $calls{setsid};
            }
            $failed = run_steps($plan, 'task');
            fail($result_end, $failed) if $failed;
            # Where mounts hide the directory in a namespace that is entered, it is the root, as setns(2) has left it.
            !$plan->{elsewhere} or chdir $cwd or $plan->{enters} or fail($result_end, 'chdir');
        }
        if ($limits ne '' && system 'prlimit', "--pid=$$", split / /, $limits) { $! = 0; fail($result_end, 'rlimits') }
        switch_user($result_end, $user) if $user ne '';
        if ($plan) {
            my $failed = run_steps($plan, 'user');
            fail($result_end, $failed) if $failed;
            POSIX::write($result_end, '+', 1);    # prepared
        }
        my $read;
        1 until ($read = syscall $calls{read}, $requests, $byte, 1) >= 0 or $! != POSIX::EINTR();
        if ($read != 1 || $byte ne 'g') { $! = 0; fail($result_end, 'abort') }
        if ($plan && $plan->{enters_pids}) { be_seen($result_end) or fail($result_end, 'fork') }
        elsif (!$status_end) {
            signal_at_end_of_parent(9);    # no task runs unsupervised
            POSIX::_exit(1) if !$plan && getppid != $self;
        }
        $stdin eq '' or take_attached() or fail($result_end, 'terminal');
        if ($program eq '') { pause_here($id, $result_end) }
        if ($plan and my $failed = run_steps($plan, 'exec')) { fail($result_end, $failed) }
        # Perl's own way comes second, for it costs more: for programs to be looked for in the task's PATH, and for scripts
        # that do not say what runs them.
        syscall $calls{execve}, $program, $argv, $environment if index($program, '/') >= 0;
        %ENV = map { split /=/, $_, 2 } @rest;
        { no warnings 'exec'; exec {$program} @argv }
        fail($result_end, 'exec');
    }
    POSIX::close($result_end);
    if ($plan) { after_fork(); POSIX::close($status_end) if $status_end }
    my $heard = '';
    ($task, $heard) = successor($result, $task) if $plan && $plan->{nests};
    if (SINGLE) { POSIX::dup2($null, $_) for 0 .. 2 }
    # Of one length, for the process may be another one in the end.
    my $record = sub { sprintf "$self $start @used %010d %020d", $task, start_time($task) };
    my $processes = $record->();
    my $line = "$processes $boot_id";
    my $text = $line . ' ' x 64;
    SINGLE or (POSIX::write($file, $text, length $text) || 0) == length $text or give_up('runtime', $id, $task);
    # With a plan, the namespaces exist and the mounts are made when the agent hears of the process.
    my $failure = !$plan ? '+' : $heard eq '' ? piece($result, 1) : $heard;
    $failure .= piece($result, 63) if $failure ne '+';
    $failure ||= '0 prepare' if $plan;    # it was killed
    if ($failure eq '+') {
        answer("ready $processes $id\n");
        ($failure, my $piece) = ('');
        $failure .= $piece while ($piece = piece($result, 64)) ne '';
        if ($plan && $plan->{enters_pids}) {
            ($task, $failure) = seen($failure, $task);
            $processes = $record->();
            POSIX::lseek($file, 0, 0);
            POSIX::write($file, $processes, length $processes);
            answer("moved $task " . start_time($task) . " $id\n");
        }
    }
    POSIX::close($result);
    if ($failure ne '') {
        waitpid $task, 0;
        record($file, length $line, "failed $failure");
        answer("failed $failure $id\n");
        1 while SINGLE && piece($requests, 64) ne '';    # the executor may be writing its "g": let it, or it reads no answer
        POSIX::_exit(0);
    }
    answer("started $id\n");

    # Reap processes until the task has ended, then check whether any descendant is left.
    my ($ended, $wait_status);
    my $told = $status ? piece($status, 3) : '';    # by the init; nothing when it was killed
    POSIX::close($status) if $status;
    ($wait_status, my $empty) = $told eq '' ? () : unpack 'SC', $told;
    if ($told ne '' && !$empty) { $ended = 0 }
    else {
        do { $ended = waitpid -1, 0; $wait_status = $? if $told eq '' } until $ended == $task;
        do { $ended = waitpid -1, POSIX::WNOHANG() } while $ended > 0;
    }
    my $recorded = record($file, length $line, "exited $wait_status");
    answer("exited $wait_status " . ($ended ? 'empty' : 'busy') . " $id\n");
    if (!$ended) {
        1 while waitpid(-1, 0) > 0 || $! == POSIX::EINTR();
        answer("drained $id\n");
    }
    # A record that could not be written is lost only with this process: try until the agent has removed the file.
    while (!$recorded && (POSIX::fstat($file))[3]) { sleep 1; $recorded = record($file, length $line, "exited $wait_status") }
    POSIX::close($file) if !SINGLE;
}

if (!SINGLE and opendir my $fds, '/proc/self/fd') { my @open = readdir $fds; closedir $fds; /^\d+$/ && $_ > 2 && POSIX::close($_) for @open }
defined($null = POSIX::open('/dev/null', Fcntl::O_RDWR() | $close_on_exec)) or die "could not open /dev/null: $!\n";
# Caught, not ignored: nothing happens (but that a wait is interrupted), and exec restores the default by itself.
$SIG{$_} = sub { } for qw(HUP INT QUIT PIPE ALRM TERM USR1 USR2 CHLD);
if (LINUX) {
    require(__FILE__ =~ s/shim\.pl$/$_.pl/r) for qw(kernel steps processes);
    syscall $calls{prctl}, 4, 0, 0, 0, 0;    # PR_SET_DUMPABLE: no task, of root neither, may look into shims, until one executes its program
}
if (SINGLE) {
    open my $socket, '+<&=', 3 or die "no socket: $!\n";    # closed on exec from here on
    $events = fileno $socket;
    single_shim(@ARGV[1 .. 3]);
}
require(__FILE__ =~ s/shim\.pl$/spawner.pl/r);

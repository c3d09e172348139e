# The processes of a container besides that of its program: the first one, the init of a pid namespace, and one that enters
# another container.
use strict;
use warnings;

our ($bounding, $new_pid, $own_pid_namespace, %numbers, @joins);    # of kernel.pl and steps.pl

# Makes the first process one that others may not look into. Processes of a container that it enters see it before it has
# given up the machine's files and privileges; and no key of the agent's session is the task's.
sub conceal {
    POSIX::close($_) for @_;
    return call('keyctl', 1, 0) || $! == POSIX::ENOSYS() || $! == POSIX::EPERM();    # KEYCTL_JOIN_SESSION_KEYRING
}

# Closes all files but one, and standard input, output and error.
sub close_all_but {
    my ($fd) = @_;
    for my $range ([3, $fd - 1], [$fd + 1, 0xffffffff]) {
        my ($first, $last) = @$range;
        next if $first > $last || call('close_range', $first, $last, 0);
        for ($first .. $last < 1024 ? $last : 1023) { POSIX::close($_) }
    }
}

sub leave_pid_namespace { $own_pid_namespace = POSIX::open('/proc/self/ns/pid', 02000000) if !defined $own_pid_namespace; return defined $own_pid_namespace }

# In the shim: its next child is in the pid namespace of this process.
sub enter_pid_namespace_of { my ($pid, $start) = @_; return leave_pid_namespace() && enter_namespace($pid, 'pid', $new_pid) && is_same($pid, $start) }

# In the first process, when that is in the pid namespace of another container: continues in a new child of the shim, in a pid
# namespace below. The kernel makes one only below that which a process itself is in. False, with $! set, when it cannot be made.
sub nest {
    my ($result) = @_;
    my $arguments = pack 'Q8', 0x8000 | $new_pid;    # CLONE_PARENT
    my $pid = syscall $numbers{clone3}, $arguments, length $arguments;
    POSIX::_exit(0) if $pid > 0;
    return if $pid < 0;
    my $own = readlink('/proc/self') || 0;    # as the machine counts
    POSIX::write($result, "=$own ", length "=$own ");
    return 1;
}

# In the shim: waits until the first process has its successor. Returns that, and what else it has written.
sub successor {
    my ($result, $first) = @_;
    my ($text, $piece) = ('');
    $text .= $piece while $text !~ /^=\d+ |^[^=]/ && ($piece = piece($result, 64)) ne '';
    return ($first, $text) if $text !~ s/^=(\d+) //;
    waitpid $first, 0;
    return ($1, $text);
}

# In the shim, after fork: its next children are of its own namespace again.
sub after_fork {
    POSIX::close($_->[1]) for splice @joins;
    POSIX::_exit(1) if defined $own_pid_namespace && !call('setns', $own_pid_namespace, $new_pid);
}

# Continues in a new child of the shim, in the pid namespace that this process has entered. Processes of the container may
# look into those that they see, if they have CAP_SYS_PTRACE: so they see none before it is the user's, has no more
# privileges than its program will have, and holds no file of the machine. False, with $! set, when it cannot be made.
sub be_seen {
    my ($result) = @_;
    close_all_but($result);
    give_up_capabilities() or return;
    my $arguments = pack 'Q8', 0x8000;    # CLONE_PARENT; it signals its end as this process does
    my $pid = syscall $numbers{clone3}, $arguments, length $arguments;
    return if $pid < 0;
    if ($pid) {
        POSIX::write($result, "=$pid ", length "=$pid ");
        POSIX::_exit(0);
    }
    call('prctl', 1, 9, 0, 0, 0);    # PR_SET_PDEATHSIG, SIGKILL: no task runs unsupervised
    POSIX::_exit(1) if (POSIX::write($result, '.', 1) || 0) != 1;    # the shim has ended: only it reads this
    POSIX::setsid();
    return 1;
}

# Gives up the capabilities that no program executed by this process can have.
sub give_up_capabilities {
    return 1 if !defined $bounding;
    my ($header, $sets) = (pack('Ll', 0x20080522, 0), pack 'L6');
    return if syscall($numbers{capget}, $header, $sets) < 0;    # not by call: it is given copies
    my @kept = bits($bounding);
    my @had = unpack 'L6', $sets;
    $sets = pack 'L6', map { $had[$_] & $kept[$_ / 3] } 0 .. 5;    # two words, each of three sets
    return call('capset', $header, $sets);
}

# In the shim: what be_seen has written. Returns the program's process, and why there is none.
sub seen {
    my ($text, $first) = @_;
    my $pid = $text =~ s/=(\d+) // ? $1 : $first;
    $text =~ tr/.//d;
    return ($pid, $text);
}

# Lives as process 1 of a pid namespace: waits for all orphans, and tells how the task ended. It keeps no file open but
# that, and no privileges, for processes of the container may look at it.
sub init {
    my ($task, $status) = @_;
    $0 = 'meseta-init';
    close_all_but($status);
    POSIX::close($_) for 0 .. 2;
    my ($header, $none) = (pack('Ll', 0x20080522, 0), pack 'L6');
    call('capset', $header, $none) or POSIX::_exit(1);    # a task that may trace it gets no more than it has
    while (1) {
        my $ended = waitpid -1, 0;
        my $how = $?;
        if ($ended == $task) {
            my $more;
            do { $more = waitpid -1, POSIX::WNOHANG() } while $more > 0;
            my $text = pack 'SC', $how, $more ? 1 : 0;    # 0: it has left children
            POSIX::write($status, $text, length $text);
        } elsif ($ended < 0 && $! != POSIX::EINTR()) { POSIX::_exit(0) }
    }
}

1;

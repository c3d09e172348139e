# The steps of a launch plan: what surrounds a container's program (cgroups, namespaces, mounts, a root file system, limits
# and privileges). shim.pl loads this file when its launcher is `linux`. The launcher decides which steps there are and
# their order (see launch-steps.ts); here is what each of them does, as one system call or a few.
#
# A step runs in one of five places, which follow each other:
#   shim    in the shim, before fork
#   first   in the first process of the container, before it waits for "go"
#   task    in the process that will execute the program (the same one, unless there is an init)
#   user    there, after it has become the task's user
#   exec    there, after "go", with nothing left to do but to execute the program
# Mounts are made in the container's own mount namespace: nothing is left of them when its last process has ended. A path
# that others may change (in a sandbox, in an image) is resolved below a root, at the moment of use, by openat2(2), which
# no link leads out of that root. What has been opened is used as a file descriptor, never by its name in /proc, where a
# task may have asked for a volume of its own.
use strict;
use warnings;

my %numbers;    # of system calls
my @names = qw(unshare setns mount umount2 pivot_root sethostname prlimit64 capset prctl keyctl mkdirat mknodat symlinkat fchdir);
@numbers{@names} = @{ {
    x86_64 => [272, 308, 165, 166, 155, 170, 302, 126, 157, 250, 258, 259, 266, 81],
    (map { $_ => [97, 268, 40, 39, 41, 161, 261, 91, 167, 219, 34, 33, 36, 50] } qw(aarch64 riscv64 loongarch64)),
    s390x => [303, 339, 21, 52, 217, 74, 334, 185, 172, 280, 289, 290, 297, 133],
    (map { $_ => [282, 350, 21, 52, 203, 74, 325, 184, 171, 271, 287, 288, 295, 133] } qw(powerpc64le ppc64le)),
}->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' } or die "The linux launcher does not know the system calls of $Config::Config{archname}\n" };
@numbers{qw(open_tree move_mount fsopen fsconfig fsmount clone3 close_range openat2 mount_setattr)} = (428, 429, 430, 431, 432, 435, 436, 437, 442);    # the same everywhere
$numbers{capget} = $numbers{capset} - 1;    # everywhere, too

my ($new_pid, $new_mount) = (0x20000000, 0x20000);                          # CLONE_*
my ($bind, $recursive, $slave) = (0x1000, 0x4000, 0x80000);                 # MS_*
my ($path_only, $directory_only) = (010000000, Fcntl::O_DIRECTORY());       # O_PATH, O_DIRECTORY
my $remount = 0x20;                                                         # MS_REMOUNT
my ($empty_path, $all_below) = (0x1000, 0x8000);                            # AT_EMPTY_PATH, AT_RECURSIVE
my $in_root = 0x10;                                                         # RESOLVE_IN_ROOT
my %namespaces = (mnt => 0x20000, uts => 0x4000000, ipc => 0x8000000, net => 0x40000000);

my $own_pid_namespace;    # of this shim, to come back to it
my @joins;                # files cgroup.procs that the task writes itself into
my $bounding;             # numbers of the capabilities that programs can have; undefined for all

# A system call whose failure is told by a false result, with $! set. Perl wants variables, not constants.
sub call { my ($name, @arguments) = @_; return syscall($numbers{$name}, @arguments) >= 0 }

sub write_file {
    my ($path, $value) = @_;
    defined(my $fd = POSIX::open($path, Fcntl::O_WRONLY() | 02000000)) or return;
    my $written = POSIX::write($fd, $value, length $value);
    my $errno = $!;
    POSIX::close($fd);
    $! = $errno;
    return defined $written && $written == length $value;
}

my %opened;    # path => file descriptor; of before the first mount, which may hide the path

# Returns a file descriptor of a path of the machine, without rights to read or write.
sub open_here { my ($path) = @_; return exists $opened{$path} ? POSIX::dup($opened{$path}) : POSIX::open($path, $path_only | 02000000) }

# Opens a path below a root, which no link leads out of.
sub open_in_root {
    my ($root, $path, $flags) = @_;
    defined(my $root_fd = open_here($root)) or return;
    my $how = pack 'QQQ', $path_only | 02000000 | ($flags || 0), 0, $in_root;
    my $fd = syscall $numbers{openat2}, $root_fd, $path, $how, length $how;
    my $errno = $!;
    POSIX::close($root_fd);
    $! = $errno;
    return $fd < 0 ? undef : $fd;
}

sub open_path { my ($root, $path) = @_; return $root eq '' ? open_here($path) : open_in_root($root, $path) }

# Makes an empty file of this name in a directory.
sub make_file {
    my ($in, $name) = @_;
    my $how = pack 'QQQ', Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL() | 02000000, 0644, 0;
    my $fd = syscall $numbers{openat2}, $in, $name, $how, length $how;
    return $fd >= 0 && POSIX::close($fd);
}

# Makes a file in a directory and writes to it.
sub write_new {
    my ($in, $name, @pieces) = @_;
    my $how = pack 'QQQ', Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL() | 02000000, 0644, 0;
    my $fd = syscall $numbers{openat2}, $in, $name, $how, length $how;
    return if $fd < 0;
    for my $piece (@pieces) { return if (POSIX::write($fd, $piece, length $piece) || 0) != length $piece }
    return POSIX::close($fd);
}

# Makes the missing directories of a path below a root, and its last part as a file if KIND says so.
sub make_in_root {
    my ($root, $path, $kind) = @_;
    $root = '/' if $root eq '';
    my @parts = grep { $_ ne '' && $_ ne '.' } split m{/}, $path;
    my $made = '';
    while (defined(my $part = shift @parts)) {
        my $parent = $made eq '' ? '/' : $made;
        $made .= "/$part";
        my $fd = open_in_root($root, $made);
        if (!defined $fd) {
            return if $! != POSIX::ENOENT();
            defined(my $in = open_in_root($root, $parent, $directory_only)) or return;    # a single name in it leads nowhere else
            my $done = @parts || $kind ne 'file' ? call('mkdirat', $in, $part, 0755) : make_file($in, $part);
            my $errno = $!;
            POSIX::close($in);
            $! = $errno;
            return if !$done && $! != POSIX::EEXIST();
        } else { POSIX::close($fd) }
    }
    return 1;
}

# Shows a file or directory, and what is mounted below it, at another one. With attributes everything there gets them,
# before it can be reached.
sub bind_mount {
    my ($from, $at, $recursive, $attributes) = @_;
    my $nothing = '';
    my @directories = grep { ((POSIX::fstat($_))[2] & 0170000) == 0040000 } $from, $at;
    if (@directories == 1) { $! = POSIX::ENOTDIR(); return }    # as mount(2) says it
    my $tree = syscall $numbers{open_tree}, $from, $nothing, 1 | $empty_path | ($recursive ? $all_below : 0) | 02000000;    # OPEN_TREE_CLONE
    return if $tree < 0;
    my $change = pack 'QQQQ', $attributes, 0, 0, 0;
    return if $attributes && !call('mount_setattr', $tree, $nothing, $empty_path | $all_below, $change, length $change);
    call('move_mount', $tree, $nothing, $at, $nothing, 0x44) or return;    # both are the file descriptors themselves
    return POSIX::close($tree) && POSIX::close($from);
}

# mount(2), which takes no file descriptors, on a directory.
sub mount_on {
    my ($at, $source, $type, $flags, $data) = @_;
    defined(my $before = POSIX::open('.', $path_only | 02000000)) or return;
    my $here = '.';
    my $done = call('fchdir', $at) && call('mount', $source, $here, $type, $flags + 0, $data);
    my $errno = $!;
    call('fchdir', $before) or return;
    POSIX::close($before);
    $! = $errno;
    return $done;
}

sub enter_namespace {
    my ($pid, $kind, $flag) = @_;
    defined(my $fd = POSIX::open("/proc/$pid/ns/$kind", 02000000)) or return;
    my $entered = call('setns', $fd, $flag);
    my $errno = $!;
    POSIX::close($fd);
    $! = $errno;
    return $entered;
}

# Standard input is the machine's /dev/null until here. From one with another root it must not be reached, for root could
# change its rights. If there is no such device any more, input is one that has ended.
sub take_own_null {
    my $flags = Fcntl::O_RDWR() | Fcntl::O_NONBLOCK() | Fcntl::O_NOFOLLOW() | Fcntl::O_NOCTTY() | 02000000;
    my $own = POSIX::open('/dev/null', $flags);
    if (defined $own && (POSIX::fstat($own))[6] != 0x103) { POSIX::close($own); $own = undef }
    if (!defined $own) { ($own, my $end) = closed_on_exec_pipe() or return; POSIX::close($end) }
    return POSIX::dup2($own, 0) && POSIX::close($own);
}

# True when this is still the process that was meant, not another one with its pid.
sub is_same { my ($pid, $start) = @_; return 1 if start_time($pid) == $start; $! = POSIX::ESRCH(); return }

# Sets what this process, and what it executes, may do: numbers of capabilities, separated by spaces.
sub bits { my @words = (0, 0); $words[$_ >> 5] |= 1 << ($_ & 31) for split ' ', $_[0]; return @words }

my %steps = (
    # --- in the shim
    # An agent that ends removes the parent, if it is empty; another one may use it, too.
    cgroup => [shim => sub {
        my ($path) = @_;
        return 1 if mkdir $path, 0755;
        return if $! != POSIX::ENOENT();
        mkdir $path =~ s{/[^/]+$}{}r, 0755;
        return mkdir $path, 0755;
    }],
    write => [shim => \&write_file],
    # The first process becomes a member, and with it all others.
    track => [shim => sub { my ($path) = @_; defined(my $fd = POSIX::open("$path/cgroup.procs", Fcntl::O_WRONLY() | 02000000)) or return; push @joins, [first => $fd] }],
    # The program's process becomes a member. An init is none: it is not what is to be limited.
    join => [shim => sub { my ($path) = @_; defined(my $fd = POSIX::open("$path/cgroup.procs", Fcntl::O_WRONLY() | 02000000)) or return; push @joins, [task => $fd] }],
    # The next child is the init of a new pid namespace.
    'new-pid-namespace' => [shim => sub { return leave_pid_namespace() && call('unshare', $new_pid) }],

    # --- in the first process
    # The namespace of its children. It stays outside itself: see be_seen.
    'enter-pid-namespace' => [first => sub { my ($pid, $start) = @_; return enter_namespace($pid, 'pid', $new_pid) && is_same($pid, $start) }],
    'oom-score' => [first => sub { my ($value) = @_; return write_file('/proc/self/oom_score_adj', $value) }],
    enter => [first => sub {
        my ($pid, $start, @kinds) = @_;
        my @fds;
        for my $kind (@kinds) { defined(my $fd = POSIX::open("/proc/$pid/ns/$kind", 02000000)) or return; push @fds, [$fd, $namespaces{$kind}] }
        is_same($pid, $start) or return;    # before the mount namespace is another one, in which /proc may be, too
        for (@fds) { call('setns', @$_) or return; POSIX::close($_->[0]) }
        return !(grep { $_ eq 'mnt' } @kinds) || take_own_null();
    }],
    unshare => [first => sub {
        my ($flags) = @_;
        call('unshare', $flags + 0) or return;
        return 1 if !($flags & $new_mount);
        # What is mounted here stays here; what the machine mounts later is seen.
        my ($none, $root) = ('none', '/');
        return call('mount', $none, $root, 0, $slave | $recursive, 0);
    }],
    loopback => [first => sub {
        socket my $socket, 2, 2, 0 or return;    # AF_INET, SOCK_DGRAM
        my $interface = pack 'a16 s x22', 'lo', 0;
        ioctl $socket, 0x8913, $interface or return;    # SIOCGIFFLAGS
        my ($name, $flags) = unpack 'a16 s', $interface;
        $interface = pack 'a16 s x22', $name, $flags | 1;    # IFF_UP
        return ioctl $socket, 0x8914, $interface;    # SIOCSIFFLAGS
    }],
    # Before mounts hide it.
    open => [first => sub { my ($path) = @_; return defined($opened{$path} = POSIX::open($path, $path_only | 02000000)) }],
    mount => [first => sub {
        my ($source, $source_root, $target, $target_root, $type, $flags, $data, $create, $attributes) = @_;
        if ($create ne '') { make_in_root($target_root, $target, $create) or return }
        defined(my $at = open_path($target_root, $target)) or return;
        my $done;
        if ($flags & $bind && !($flags & $remount)) {
            defined(my $from = open_path($source_root, $source)) or return;
            $done = bind_mount($from, $at, $flags & $recursive, $attributes);
        } else {
            $done = mount_on($at, $source, $type, ($flags + 0) | ($attributes + 0), $data);    # MOUNT_ATTR_RDONLY is MS_RDONLY
        }
        my $errno = $!;
        POSIX::close($at);
        $! = $errno;
        return $done;
    }],
    device => [first => sub {
        my ($root, $directory, $name, $mode, $number) = @_;
        make_in_root($root, $directory, 'directory') or return;
        defined(my $in = open_in_root($root, $directory, $directory_only)) or return;
        my $umask = umask 0;
        my $made = call('mknodat', $in, $name, $mode + 0, $number + 0);
        my $errno = $!;
        umask $umask;
        POSIX::close($in);
        $! = $errno;
        return $made;
    }],
    # A file in memory, which is never swapped. Nothing but the place it is mounted at leads to it.
    file => [first => sub {
        my ($target, $target_root, $create, $attributes, @pieces) = @_;
        if ($create ne '') { make_in_root($target_root, $target, $create) or return }
        defined(my $at = open_path($target_root, $target)) or return;
        my ($type, $nothing, $root, $here, $name) = ('ramfs', '', '/', '.', 'file');
        my $context = syscall $numbers{fsopen}, $type, 1;
        return if $context < 0;
        call('fsconfig', $context, 6, 0, 0, 0) or return;    # FSCONFIG_CMD_CREATE
        my $memory = syscall $numbers{fsmount}, $context, 1, 2 | 4 | 8;    # neither set-user-id nor devices nor programs
        return if $memory < 0;
        write_new($memory, $name, map { pack 'H*', $_ } @pieces) or return;
        # Older kernels copy mounts only that are in the namespace: it is there while its file is being mounted, above the root,
        # where no path leads.
        defined(my $top = open_here($root)) or return;
        call('move_mount', $memory, $nothing, $top, $nothing, 0x44) or return;
        my $how = pack 'QQQ', $path_only | 02000000, 0, 0;
        my $file = syscall $numbers{openat2}, $memory, $name, $how, length $how;
        my $done = $file >= 0 && bind_mount($file, $at, 0, $attributes + 0);
        my $errno = $!;
        defined(my $before = POSIX::open($here, $path_only | 02000000)) or return;
        call('fchdir', $memory) && call('umount2', $here, 2) && call('fchdir', $before) or return;    # MNT_DETACH
        POSIX::close($_) for $context, $memory, $top, $at, $before;
        $! = $errno;
        return $done;
    }],
    symlink => [first => sub {
        my ($root, $text, $directory, $name) = @_;
        defined(my $in = open_in_root($root, $directory, $directory_only)) or return;
        my $made = call('symlinkat', $text, $in, $name);
        my $errno = $!;
        POSIX::close($in);
        $! = $errno;
        return $made || $! == POSIX::EEXIST();
    }],
    hostname => [first => sub { my ($name) = @_; return call('sethostname', $name, length $name) }],
    pivot => [first => sub {
        my ($root) = @_;
        my $here = '.';
        my $type = '';
        call('mount', $root, $root, $type, $bind | $recursive, 0) or return;    # a root has to be a mount
        chdir $root or return;
        # The old root is mounted over the new one, and then taken away.
        return call('pivot_root', $here, $here) && call('umount2', $here, 2) && chdir('/') && take_own_null();
    }],

    # Before fork, so that the init has them, too. They take effect when a program is executed.
    bounding => [first => sub {
        $bounding = $_[0];
        my %kept = map { $_ => 1 } split ' ', $bounding;
        for my $capability (0 .. 63) {
            next if $kept{$capability};
            next if call('prctl', 24, $capability, 0, 0, 0);    # PR_CAPBSET_DROP
            last if $! == POSIX::EINVAL();                       # past the last one that this kernel has
            return;
        }
        return 1;
    }],
    'no-new-privileges' => [first => sub { return call('prctl', 38, 1, 0, 0, 0) }],

    # --- in the process of the program
    rlimit => [task => sub { my ($resource, $soft, $hard) = @_; my $limit = pack 'QQ', $soft, $hard; return call('prlimit64', 0, $resource + 0, $limit, 0) }],
    # Capabilities are kept when the user changes.
    'keep-capabilities' => [task => sub { return call('prctl', 8, 1, 0, 0, 0) }],
    # MORE are had until the program is executed.
    capabilities => [user => sub {
        my ($numbers, $more) = @_;
        my ($low, $high) = bits($numbers);
        my ($low_now, $high_now) = bits("$numbers $more");
        my ($header, $sets) = (pack('Ll', 0x20080522, 0), pack 'L6', ($low_now) x 2, $low, ($high_now) x 2, $high);
        call('capset', $header, $sets) or return;
        for (split ' ', $numbers) { call('prctl', 47, 2, $_ + 0, 0, 0) or return }    # PR_CAP_AMBIENT_RAISE: they outlive exec
        return 1;
    }],
    # Of what has been kept, a user other than root has only this, until the program is executed. Root has everything.
    'hold-capability' => [user => sub {
        my ($number) = @_;
        return 1 if $> == 0;
        my ($header, $sets) = (pack('Ll', 0x20080522, 0), pack 'L6', (0) x 6);
        call('capget', $header, $sets) or return;
        my @sets = unpack 'L6', $sets;
        my ($low, $high) = bits($number);
        $sets = pack 'L6', ($low) x 2, $sets[2], ($high) x 2, $sets[5];
        return call('capset', $header, $sets) && call('prctl', 47, 4, 0, 0, 0);    # PR_CAP_AMBIENT_CLEAR_ALL, as a change of the user does
    }],

    # --- right before exec. What comes after it needs the filter's permission.
    seccomp => [exec => sub {
        my $filter = pack 'H*', $_[0];
        my $program = pack 'Sx![P]P', length($filter) / 8, $filter;
        return call('prctl', 22, 2, $program, 0, 0);    # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    }],
);

# Splits a plan, a list of lengths and fields, into its steps: numbered, by the place they run in.
sub plan_of {
    my @fields = @_;
    my (%plan, $number);
    for ($number = 0; @fields; $number++) {
        my ($name, @arguments) = splice @fields, 0, shift @fields;
        my $step = $steps{$name} or die "no step $name\n";
        push @{ $plan{ $step->[0] } }, [$number, $step->[1], @arguments];
        $plan{init} = 1 if $name eq 'new-pid-namespace';
        $plan{enters_pids} = 1 if $name eq 'enter-pid-namespace';
        $plan{enters} = 1 if $name eq 'enter' && grep { $_ eq 'mnt' } @arguments;
        $plan{elsewhere} = 1 if $name eq 'pivot' || $plan{enters};
    }
    return \%plan;
}

# Runs the steps of one place. Returns the name of the one that failed, with $! set; otherwise nothing.
sub run_steps {
    my ($plan, $place) = @_;
    if ($place eq 'task') { POSIX::close($_) for values %opened; %opened = () }
    for (@joins) { my ($who, $fd) = @$_; next if $who ne $place; return 'join' if (POSIX::write($fd, '0', 1) || 0) != 1; }
    for (@{ $plan->{$place} || [] }) { my ($number, $code, @arguments) = @$_; $! = 0; return "step$number" if !$code->(@arguments) }
    return;
}

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

# --- in a spawner that ends all containers when the agent ends: no other agent will remove their cgroups

my %cgroups;    # id => paths of the cgroups that its launch makes

sub keep_cgroups {
    my ($id, $request) = @_;
    my @fields = split /\0/, substr($request, 4), -1;
    splice @fields, 0, 10 + $fields[9];    # up to the plan: see shim.pl
    my @steps = splice @fields, 0, shift @fields;
    while (@steps) { my ($name, $path) = splice @steps, 0, shift @steps; push @{ $cgroups{$id} }, $path if $name eq 'cgroup' }
}

sub forget_cgroups { delete $cgroups{ $_[0] } }

# A frozen process does not end.
sub thaw_cgroups { for (map { @$_ } values %cgroups) { write_file("$_/freezer.state", 'THAWED'); write_file("$_/cgroup.freeze", '0') } }

sub remove_cgroup {
    my ($path) = @_;
    return if rmdir $path or $! != POSIX::EBUSY();
    opendir my $entries, $path or return;
    -d "$path/$_" && !/^\.\.?$/ && remove_cgroup("$path/$_") for readdir $entries;
    closedir $entries;
    rmdir $path;
}

# Its parent goes with the last container in it.
sub remove_cgroups {
    for my $path (sort { length $b <=> length $a } map { @$_ } values %cgroups) {
        # Processes are members until their memory has been given back.
        for (1 .. 100) { remove_cgroup($path); last if !-d $path; select undef, undef, undef, 0.01 }
        rmdir $path =~ s{/[^/]+$}{}r;
    }
}

1;

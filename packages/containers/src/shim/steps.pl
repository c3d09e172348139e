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
# Mounts are made in the container's own mount namespace: nothing is left of them when its last process has ended.
use strict;
use warnings;

our ($bind, $directory_only, $new_mount, $new_pid, $path_only, $recursive, $remount, $slave, %namespaces, %numbers, %opened);    # of kernel.pl
our $own_pid_namespace;    # of this shim, to come back to it
my %taken;                 # name => file descriptor of a mount that is nowhere yet
our @joins;                # files cgroup.procs that the task writes itself into
our $bounding;             # numbers of the capabilities that programs can have; undefined for all

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
    # The next child is in the namespace of another container, or makes one below that for its successor, see nest.
    'parent-pid-namespace' => [shim => \&enter_pid_namespace_of],
    'nested-pid-namespace' => [shim => \&enter_pid_namespace_of],

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
    # A copy of what another container has at a path below a root, with all that is mounted there. PID empty: what the machine has.
    take => [first => sub {
        my ($pid, $start, $name, $source, $root) = @_;
        my @home = $pid eq '' ? () : enter_mounts_of($pid, $start);
        return if $pid ne '' && !@home;
        my $nothing = '';
        my $from = make_in_root($root, $source, 'directory', 1) ? open_path($root, $source) : undef;
        my $tree = defined $from ? syscall $numbers{open_tree}, $from, $nothing, 1 | 0x1000 | 0x8000 | 02000000 : -1;    # with all below
        my $errno = $!;
        POSIX::close($from) if defined $from;
        return if @home && !leave_mounts(@home);
        $taken{$name} = $tree;
        $! = $errno;
        return $tree >= 0;
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
    attach => [first => sub {
        my ($name, $target, $target_root, $create, $attributes) = @_;
        my ($nothing, $tree) = ('', delete $taken{$name});
        my $kind = ((POSIX::fstat($tree))[2] & 0170000) == 0040000 ? 'directory' : 'file';
        if ($create ne '') { make_in_root($target_root, $target, $kind) or return }
        defined(my $at = open_path($target_root, $target)) or return;
        my $change = pack 'QQQQ', $attributes, 0, 0, 0;
        return if $attributes && !call('mount_setattr', $tree, $nothing, 0x1000 | 0x8000, $change, length $change);
        call('move_mount', $tree, $nothing, $at, $nothing, 0x44) or return;
        return POSIX::close($tree) && POSIX::close($at);
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
        my $no_devices = pack 'QQQQ', 4, 0, 0, 0;    # MOUNT_ATTR_NODEV: of those that an image brings, not of /dev
        call('mount_setattr', -100, $root, 0, $no_devices, length $no_devices) or return;    # AT_FDCWD
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
        $plan{init} = 1 if $name eq 'new-pid-namespace' || $name eq 'nested-pid-namespace';
        $plan{nests} = 1 if $name eq 'nested-pid-namespace';
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

1;

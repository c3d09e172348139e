# Mounts, paths and namespaces by system calls that Perl has no names for. A path that others may change (in a sandbox, in an
# image) is resolved below a root, at the moment of use, by openat2(2), which no link leads out of that root. What has been
# opened is used as a file descriptor, never by its name in /proc, where a task may have asked for a volume of its own.
use strict;
use warnings;

our %numbers;    # of system calls
our $attached;    # of shim.pl
my @names = qw(unshare setns mount umount2 pivot_root sethostname prlimit64 capset prctl keyctl mkdirat mknodat symlinkat fchdir fchownat);
@numbers{@names} = @{ {
    x86_64 => [272, 308, 165, 166, 155, 170, 302, 126, 157, 250, 258, 259, 266, 81, 260],
    (map { $_ => [97, 268, 40, 39, 41, 161, 261, 91, 167, 219, 34, 33, 36, 50, 54] } qw(aarch64 riscv64 loongarch64)),
    s390x => [303, 339, 21, 52, 217, 74, 334, 185, 172, 280, 289, 290, 297, 133, 291],
    (map { $_ => [282, 350, 21, 52, 203, 74, 325, 184, 171, 271, 287, 288, 295, 133, 289] } qw(powerpc64le ppc64le)),
}->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' } or die "The linux launcher does not know the system calls of $Config::Config{archname}\n" };
@numbers{qw(open_tree move_mount fsopen fsconfig fsmount clone3 close_range openat2 mount_setattr)} = (428, 429, 430, 431, 432, 435, 436, 437, 442);    # the same everywhere
$numbers{capget} = $numbers{capset} - 1;    # everywhere, too

our ($new_pid, $new_mount) = (0x20000000, 0x20000);                          # CLONE_*
our ($bind, $recursive, $slave) = (0x1000, 0x4000, 0x80000);                 # MS_*
our ($path_only, $directory_only) = (010000000, Fcntl::O_DIRECTORY());       # O_PATH, O_DIRECTORY
our $remount = 0x20;                                                         # MS_REMOUNT
my ($empty_path, $all_below) = (0x1000, 0x8000);                            # AT_EMPTY_PATH, AT_RECURSIVE
my $in_root = 0x10;                                                         # RESOLVE_IN_ROOT
our %namespaces = (mnt => 0x20000, uts => 0x4000000, ipc => 0x8000000, net => 0x40000000);

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

our %opened;    # path => file descriptor; of before the first mount, which may hide the path

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

# Makes the missing directories of a path below a root, and its last part as a file if KIND says so. INHERIT: they belong to the
# owner of the root.
sub make_in_root {
    my ($root, $path, $kind, $inherit) = @_;
    $root = '/' if $root eq '';
    my @owner = $inherit ? (stat $root)[4, 5] : ();
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
            $done = call('fchownat', $in, $part, @owner, 0x100) if $done && @owner;    # no link
            POSIX::close($in);
            $! = $errno if !$done;
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

# Enters the mount namespace of a process for a while. Returns what leads back: a namespace, a root, and a working directory.
sub enter_mounts_of {
    my ($pid, $start) = @_;
    my @home = (POSIX::open('/proc/self/ns/mnt', 02000000), map { POSIX::open($_, $path_only | 02000000) } '/', '.');
    defined(my $theirs = POSIX::open("/proc/$pid/ns/mnt", 02000000)) or return;
    return if @home < 3 || !is_same($pid, $start) || !call('setns', $theirs, $new_mount);
    POSIX::close($theirs);
    return @home;
}

sub leave_mounts {
    my ($namespace, $root, $directory) = @_;
    return call('setns', $namespace, $new_mount) && call('fchdir', $root) && chroot('.') && call('fchdir', $directory) && !grep { !POSIX::close($_) } @_;
}

# Standard input is the machine's /dev/null until here. From one with another root it must not be reached, for root could
# change its rights. If there is no such device any more, input is one that has ended.
sub take_own_null {
    return 1 if $attached;
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

1;

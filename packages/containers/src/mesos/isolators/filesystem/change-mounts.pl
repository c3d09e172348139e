#!/usr/bin/perl
# Mounts a persistent volume in the mount namespace of a running container, or unmounts it there. Only perl-base is needed.
#   change-mounts.pl mount|unmount PID START SANDBOX SEEN_AT SOURCE PATH READ_ONLY
# PID with START, as in /proc/<pid>/stat, is a process of the container; SANDBOX is its sandbox on the machine, SEEN_AT in
# the container. The volume is the directory SOURCE of the machine. PATH is where the container sees it: below the sandbox,
# or absolute. READ_ONLY is 1 or 0.
#
# The container runs, and its processes can rename, link and mount what they like. So the volume is opened before the
# namespace is entered, the sandbox there must be the machine's, every name below it is opened in the directory before it,
# and no link is followed. Nothing is done twice: a volume that is mounted already is left alone.
use strict;
use warnings;
use Config ();
use Fcntl ();
use POSIX ();

my %numbers;
@numbers{qw(setns umount2 mkdirat fchdir)} = @{ {
    x86_64 => [308, 166, 258, 81],
    (map { $_ => [268, 39, 34, 50] } qw(aarch64 riscv64 loongarch64)),
    s390x => [339, 52, 289, 133],
    (map { $_ => [350, 52, 287, 133] } qw(powerpc64le ppc64le)),
}->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' } or die "The system calls of $Config::Config{archname} are not known\n" };
@numbers{qw(open_tree move_mount openat2 mount_setattr)} = (428, 429, 437, 442);    # the same everywhere

my ($path_only, $directory_only, $close_on_exec) = (010000000, Fcntl::O_DIRECTORY(), 02000000);
my ($change, $pid, $start, $sandbox, $seen_at, $source, $path, $read_only) = @ARGV;
my $nothing = '';
alarm 60;    # a file system of the container may never answer

sub call { my ($name, @arguments) = @_; return syscall $numbers{$name}, @arguments }

# Ends with the reason that is in $!.
sub give_up { my ($what) = @_; my $why = "$!"; print STDERR "$what: $why\n"; POSIX::_exit(1) }
sub refuse { my ($why) = @_; print STDERR "$why\n"; POSIX::_exit(1) }

sub open_directory { my ($at) = @_; my $fd = POSIX::open($at, $path_only | $directory_only | $close_on_exec); give_up("cannot open '$at'") if !defined $fd; return $fd }

# Opens one name in a directory; undefined when it is missing.
sub below {
    my ($in, $name) = @_;
    my $how = pack 'QQQ', $path_only | $directory_only | $close_on_exec, 0, 0x04 | 0x08;    # no links, nothing above
    my $fd = call('openat2', $in, $name, $how, length $how);
    return $fd if $fd >= 0;
    return if $! == POSIX::ENOENT();
    refuse("'$name' in its path is a link, which is not followed") if $! == POSIX::ELOOP();
    give_up("cannot open '$name' in its path");
}

# Device and inode of what is open.
sub identity { my ($fd) = @_; my ($device, $inode) = POSIX::fstat($fd); return "$device $inode" }

sub start_time {
    open my $file, '<', "/proc/$pid/stat" or return 0;
    my $stat = <$file>;
    return (split ' ', substr $stat, 1 + rindex $stat, ')')[19];
}

my $absolute = $path =~ m{^/};
my @parts = grep { $_ ne '' && $_ ne '.' } split m{/}, $path;
refuse("'..' in its path") if grep { $_ eq '..' } @parts;
my $volume = open_directory($source);
my $volume_is = identity($volume);
my $sandbox_is = identity(open_directory($sandbox));
my $tree;
if ($change eq 'mount') {
    $tree = call('open_tree', $volume, $nothing, 1 | 0x1000 | 0x8000 | $close_on_exec);    # a copy, of what is below it, too
    give_up("cannot copy the mount of '$source'") if $tree < 0;
    # Mounts that the container makes in it are not the machine's.
    my $attributes = pack 'QQQQ', $read_only + 0, 0, 0x80000, 0;    # MS_SLAVE
    call('mount_setattr', $tree, $nothing, 0x1000 | 0x8000, $attributes, length $attributes) == 0 or give_up('cannot set its attributes');
}

defined(my $namespace = POSIX::open("/proc/$pid/ns/mnt", $close_on_exec)) or give_up('the container has ended');
refuse('the container has ended') if start_time() != $start;
call('setns', $namespace, 0x20000) == 0 or give_up('cannot enter the mount namespace of the container');

my $in = open_directory($absolute ? '/' : $seen_at);
refuse("its sandbox is hidden in the container, at '$seen_at'") if !$absolute && identity($in) ne $sandbox_is;
my $last = pop @parts;
for my $name (@parts) {
    my $next = below($in, $name);
    if (!defined $next) {
        POSIX::_exit(0) if $change eq 'unmount';
        call('mkdirat', $in, $name, 0755) == 0 || $! == POSIX::EEXIST() or give_up("cannot make '$name' in its path");
        $next = below($in, $name);
        refuse("'$name' in its path has gone") if !defined $next;
    }
    $in = $next;
}
my $at = below($in, $last);
if ($change eq 'unmount') {
    POSIX::_exit(0) if !defined $at || identity($at) ne $volume_is;
    POSIX::close($at);
    call('fchdir', $in) == 0 or give_up('cannot go there');
    # What has files open there keeps these; no one else finds the volume there.
    call('umount2', $last, 8) == 0 || call('umount2', $last, 8 | 2) == 0 or give_up('cannot unmount it');    # not a link; MNT_DETACH
    rmdir $last;    # the place that was made for it, if it is empty
    POSIX::_exit(0);
}
if (!defined $at) {
    call('mkdirat', $in, $last, 0755) == 0 || $! == POSIX::EEXIST() or give_up("cannot make '$last' in its path");
    $at = below($in, $last);
    refuse("'$last' in its path has gone") if !defined $at;
}
POSIX::_exit(0) if identity($at) eq $volume_is;
call('move_mount', $tree, $nothing, $at, $nothing, 0x44) == 0 or give_up('cannot mount it');    # both are the files themselves
POSIX::_exit(0);

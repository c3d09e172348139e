#!/usr/bin/perl
# Makes what Node.js cannot: devices, FIFOs and extended attributes, below one directory. As root it makes that directory
# its root first, so that no link can lead to another one. Only perl-base is needed.
#   special-files.pl DIRECTORY
# Requests are on standard input, each with its length in decimal digits, a colon, and as many bytes: fields divided by NUL.
#   node PATH MODE MAJOR MINOR UID GID MTIME   replaces a regular file by a device or a FIFO; MODE has the bits of its kind
#   xattr PATH NAME VALUE                      VALUE in hexadecimal digits
# Attributes that the file system or the user cannot have are left out; their number is the output. Any other failure
# ends it with a message on standard error: OPERATION PATH: REASON.
use strict;
use warnings;
use Config ();
use POSIX ();

my %calls;    # numbers of system calls
@calls{qw(mknodat lsetxattr fchownat utimensat)} = @{ {
    x86_64 => [259, 189, 260, 280],
    (map { $_ => [33, 6, 54, 88] } qw(aarch64 riscv64 loongarch64)),
    s390x => [290, 225, 291, 315],
    (map { $_ => [288, 210, 289, 304] } qw(powerpc64le ppc64le)),
}->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' } or die "system calls of $Config::Config{archname} are not known\n" };
my $here = -100;        # AT_FDCWD
my $no_follow = 0x100;  # AT_SYMLINK_NOFOLLOW
my $left_out = 0;

binmode STDIN;
binmode STDOUT;
my ($directory) = @ARGV;
chdir $directory or die "chdir $directory: $!\n";
if ($> == 0) { chroot '.' or die "chroot $directory: $!\n" }

while (defined(my $request = request())) {
    my ($operation, @fields) = split /\0/, $request, -1;
    if ($operation eq 'node') { node(@fields) }
    elsif ($operation eq 'xattr') { xattr(@fields) }
    else { die "unknown operation $operation\n" }
}
print $left_out;

sub request {
    my ($length, $char, $request) = ('');
    while (1) {
        my $read = read STDIN, $char, 1;
        die "read: $!\n" unless defined $read;
        return undef if $read == 0 && $length eq '';
        last if $char eq ':';
        $length .= $char;
    }
    (read(STDIN, $request, $length) // -1) == $length or die "a request is cut off\n";
    return $request;
}

sub node {
    my ($path, $mode, $major, $minor, $uid, $gid, $mtime) = @_;
    my $device = ($minor & 0xff) | ($major << 8) | (($minor & ~0xff) << 12);
    if (-l $path or -e _) { unlink $path or die "unlink $path: $!\n" }
    # umask would clear permissions
    umask 0;
    syscall($calls{mknodat}, $here, $path, $mode + 0, $device) == 0 or die "mknod $path: $!\n";
    if ($> == 0) { syscall($calls{fchownat}, $here, $path, $uid + 0, $gid + 0, $no_follow) == 0 or die "chown $path: $!\n" }
    my $times = pack 'q4', $mtime, 0, $mtime, 0;
    syscall($calls{utimensat}, $here, $path, $times, $no_follow) == 0 or die "utimens $path: $!\n";
}

sub xattr {
    my ($path, $name, $hex) = @_;
    my $value = pack 'H*', $hex;
    return if syscall($calls{lsetxattr}, $path, $name, $value, length $value, 0) == 0;
    # An attribute that overlay needs cannot be left out.
    if ($name =~ /^trusted\.overlay\./ or !grep { $! == $_ } POSIX::EPERM(), POSIX::EOPNOTSUPP(), POSIX::EACCES()) {
        die "setxattr $path: $name: $!\n";
    }
    $left_out++;
}

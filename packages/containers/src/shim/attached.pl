# Standard input, output and error of a container that others are attached to: three FIFOs, or one terminal. A shim loads this
# file when its container's launch has a STDIN (see shim.pl).
use strict;
use warnings;

our $attached;    # of shim.pl
my @kept;         # ends of the FIFOs that keep them open until the agent has opened its own

sub is_terminal { my ($path) = @_; return stat $path && -c _ }

# In the shim: makes the FIFOs. They belong to the task's user, who may open /dev/stdout, too. Returns the name of the one
# that could not be made, with $! set; otherwise nothing.
sub make_attached {
    my ($user, $stdin, @outputs) = @_;
    return if is_terminal($stdin);
    my @names = ('stdin', 'stdout', 'stderr');
    for my $path ($stdin, @outputs) {
        my $name = shift @names;
        POSIX::mkfifo($path, 0600) or return $name;
        if ($user ne '') { my ($uid, $gid) = split ' ', $user; chown $uid, $gid, $path or return $name }
    }
    return;
}

# In the task's process: opens them, before mounts that may hide them.
sub open_attached {
    my ($stdin, @outputs) = @_;
    my $flags = Fcntl::O_NOFOLLOW() | Fcntl::O_NOCTTY() | 02000000;    # O_CLOEXEC
    $attached = 1;
    if (is_terminal($stdin)) {
        defined(my $fd = POSIX::open($stdin, Fcntl::O_RDWR() | $flags)) or return 'stdin';
        POSIX::dup2($fd, $_) or return 'stdin' for 0 .. 2;
        POSIX::close($fd);
        return;
    }
    my @names = ('stdin', 'stdout', 'stderr');
    for my $number (0 .. 2) {
        my $path = ($stdin, @outputs)[$number];
        # Opened for both directions first: that does not wait for another process.
        defined(my $keeping = POSIX::open($path, Fcntl::O_RDWR() | $flags)) or return $names[$number];
        push @kept, $keeping;
        defined(my $fd = POSIX::open($path, ($number ? Fcntl::O_WRONLY() : Fcntl::O_RDONLY()) | $flags)) or return $names[$number];
        POSIX::dup2($fd, $number) or return $names[$number];
        POSIX::close($fd);
    }
    return;
}

# There, when the agent has let it go. A terminal becomes that of this session: by it, keys become signals.
sub take_attached {
    POSIX::close($_) for splice @kept;
    return !POSIX::isatty(0) || ioctl STDIN, 0x540E, 0;    # TIOCSCTTY
}

1;

# Files that are rotated as logrotate(8) does it: `stdout`, `stdout.1`, `stdout.2.gz`. logger.pl loads this file.
#
# The container's user owns the directory, and can replace each name by a link, a FIFO or a directory at any time. So a logger
# runs as that user, in that directory, follows no link, and writes to regular files only.
use strict;
use warnings;

my $own = Fcntl::O_NOFOLLOW() | Fcntl::O_NOCTTY() | Fcntl::O_NONBLOCK();

# BYTES: of a file at most. KEPT: how many older ones. COMPRESS: no, yes, or later (all but the latest).
sub file_sink {
    my ($name, $bytes, $kept, $compress) = @_;
    my $first = $compress eq 'no' ? 0 : $compress eq 'later' ? 2 : 1;
    return new_sink($name, write => \&write_file, attend => \&await_gzip, bytes => $bytes, kept => $kept, first_compressed => $first);
}

# Writes as much as it can. Returns how much that was; $! says why it is not all.
sub write_file {
    my ($file, $data) = @_;
    my ($done, $length) = (0, length $data);
    look_again($file) if $file->{handle};
    while ($done < $length) {
        my $handle = opened($file) or return $done;
        my $room = $file->{bytes} - $file->{size};
        my $part = $length - $done;
        if ($part > $room) {
            # Up to the last line that fits; one that is longer than a file is divided.
            $part = $room > 0 ? rindex($data, "\n", $done + $room - 1) + 1 - $done : 0;
            if ($part <= 0 && $file->{size} > 0) { rotate($file); next }
            $part = $room if $part <= 0;
        }
        my $count = syswrite $handle, $data, $part, $done;
        step();
        next if !defined $count && $! == POSIX::EINTR();
        if (!$count) { close_file($file) if $! == POSIX::EIO() || $! == POSIX::EPIPE(); return $done }
        $done += $count;
        $file->{size} += $count;
        $file->{in_line} = substr($data, $done - 1, 1) ne "\n";
    }
    return $done;
}

sub close_file { my ($file) = @_; close $file->{handle} if $file->{handle}; $file->{handle} = undef }

# Others may have written to the file, emptied it, or given its name to another one.
sub look_again {
    my ($file) = @_;
    my ($device, $inode, $size) = (stat $file->{handle})[0, 1, 7];
    my @named = lstat $file->{name};
    if (@named && $named[0] == $device && $named[1] == $inode) { $file->{size} = $size }
    else { close_file($file) }
}

# Returns the file. False, with $! set, when there can be none.
sub opened {
    my ($file) = @_;
    my $name = $file->{name};
    for (1 .. 3) {
        last if $file->{handle};
        if (sysopen my $handle, $name, Fcntl::O_WRONLY() | Fcntl::O_APPEND() | Fcntl::O_CREAT() | $own, 0644) {
            if (-f $handle) { @$file{qw(handle size)} = ($handle, (stat _)[7]); last }
            close $handle;
        }
        my $errno = int $!;
        # A file of another user is kept; what is no file makes way.
        if (lstat $name and !-f _ && !-d _) { unlink $name }
        elsif ($errno == POSIX::EACCES() && -f _) { shift_files($file) }
        else { $! = $errno; last }
        $! = $errno;
    }
    return $file->{handle};
}

sub rotate {
    my ($file) = @_;
    if (!shift_files($file)) { truncate $file->{handle}, 0 }    # so it has a limit even where nothing can be renamed
    close_file($file);
    compress($file);
}

# Gives the file and all older ones the next names, without the oldest. False when the file still has its name.
sub shift_files {
    my ($file) = @_;
    my ($name, $kept) = @$file{qw(name kept)};
    for my $end ('', '.gz') {
        unlink "$name.$kept$end" if $kept;
        for my $number (reverse 1 .. $kept - 1) {
            next if !lstat "$name.$number$end";
            rename "$name.$number$end", "$name." . ($number + 1) . $end or unlink "$name.$number$end";
        }
    }
    if ($file->{gzip} && ++$file->{gzip}{number} > $kept) { kill KILL => $file->{busy} }
    return $kept ? rename $name, "$name.1" : unlink $name;
}

# --- compression, by another process ---------------------------------------------------------------------------------

# Starts to compress the oldest file that is not, if none is being compressed.
sub compress {
    my ($file) = @_;
    my ($name, $kept, $bytes) = @$file{qw(name kept bytes)};
    return if $file->{busy} || !$file->{first_compressed};
    my ($number) = grep { lstat "$name.$_" and -f _ } reverse $file->{first_compressed} .. $kept or return;
    make_room($file, $number);
    sysopen my $source, "$name.$number", Fcntl::O_RDONLY() | $own or return;
    my $draft = ".$name.gz";
    unlink $draft;
    sysopen my $target, $draft, Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL() | $own, 0644 or return;
    my $pid = fork;
    if (!defined $pid) { unlink $draft; return }
    if (!$pid) {
        open STDIN, '<&', $source and open STDOUT, '>&', $target and POSIX::nice(10);
        $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM PIPE);
        exec 'gzip', '-c' or POSIX::_exit(127);
    }
    $file->{busy} = $pid;
    $file->{gzip} = { number => $number, draft => $draft };
}

# While a file is compressed it is there twice. So older ones make way, if they would be more than the limit together.
sub make_room {
    my ($file, $number) = @_;
    my ($name, $kept, $bytes) = @$file{qw(name kept bytes)};
    my @older = sort { $b->[0] <=> $a->[0] } map { my $older = $_; map { lstat "$name.$older$_" ? [$older, "$name.$older$_", -s _] : () } '', '.gz' } 1 .. $kept;
    my $total = 2 * $bytes;    # the file that is written, and the draft
    $total += $_->[2] for @older;
    for my $oldest (@older) {
        last if $total <= ($kept + 1) * $bytes || $oldest->[0] <= $number;
        unlink $oldest->[1];
        $total -= $oldest->[2];
    }
}

sub await_gzip {
    my ($file) = @_;
    my $ended = waitpid $file->{busy}, POSIX::WNOHANG();
    return if !$ended;
    my ($status, $failed) = ($?, $ended < 0 || $?);
    my ($number, $draft) = @{ delete $file->{gzip} }{qw(number draft)};
    $file->{busy} = 0;
    my $name = "$file->{name}.$number";
    if ($failed || $number > $file->{kept} || !rename $draft, "$name.gz") {
        unlink $draft;
        return if $status != POSIX::SIGKILL();    # there is no gzip, or no room: the next rotation tries again
    } else { unlink $name }
    compress($file);
}

1;

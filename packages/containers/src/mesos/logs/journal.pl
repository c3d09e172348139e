# Entries of systemd's journal, by its native protocol: a datagram for each line. logger.pl loads this file.
use strict;
use warnings;

my $longest = 48 * 1024;    # of a line; longer ones are several entries
my $at_once = 0x40;         # MSG_DONTWAIT

# PATH: of the journal's socket. LABELS: NAME=VALUE, fields of each entry.
sub journal_sink {
    my ($name, $path, @labels) = @_;
    my $fields = join '', map { field(split /=/, $_, 2) } 'STREAM=' . uc $name, 'PRIORITY=' . ($name eq 'stderr' ? 3 : 6), @labels;
    return new_sink($name, write => \&write_journal, finish => \&finish_line, path => $path, fields => $fields, line => '');
}

sub field { my ($name, $value) = @_; return index($value, "\n") < 0 ? "$name=$value\n" : "$name\n" . pack('Q<', length $value) . "$value\n" }

# Writes all lines that it can. Returns how much of the data is written, or kept as the beginning of a line; $! says why not all.
sub write_journal {
    my ($journal, $data) = @_;
    my $done = 0;
    while ($done < length $data) {
        my $end = index $data, "\n", $done;
        my $most = $longest - length $journal->{line};
        my ($part, $skipped) = $end < 0 ? (length($data) - $done, 0) : ($end - $done, 1);
        ($part, $skipped) = ($most, 0) if $part > $most;
        if ($part == $most || $skipped) { send_entry($journal, $journal->{line} . substr $data, $done, $part) or return $done; $journal->{line} = '' }
        else { $journal->{line} .= substr $data, $done, $part }
        $done += $part + $skipped;
        $journal->{in_line} = $journal->{line} ne '';
    }
    return $done;
}

sub finish_line {
    my ($journal) = @_;
    send_entry($journal, $journal->{line}) if $journal->{line} ne '' && $journal->{pending} eq '';
    $journal->{line} = '';
}

sub send_entry {
    my ($journal, $line) = @_;
    my $entry = 'MESSAGE=' . ($line =~ s/\r\z//r) . "\n$journal->{fields}";
    for my $try (1, 2) {
        my $socket = $journal->{socket};
        if (!$socket) {
            socket $socket, 1, 2, 0 or return;    # AF_UNIX, SOCK_DGRAM
            connect $socket, pack 'Sa*', 1, $journal->{path} or return;
            $journal->{socket} = $socket;
        }
        my $sent = send $socket, $entry, $at_once;
        step();
        return 1 if defined $sent;
        if ($! == POSIX::EAGAIN()) {    # it has much to do
            my $writable = '';
            vec($writable, fileno $socket, 1) = 1;
            select undef, $writable, undef, 0.2;
            next;
        }
        return 1 if $! == POSIX::EMSGSIZE();    # as it does with what it does not want
        $journal->{socket} = undef;    # it has ended; the next one has the same path
    }
    return;
}

1;

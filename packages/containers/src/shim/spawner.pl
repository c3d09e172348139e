# The agent's one helper process, which forks shims and passes requests on to them. See shim.pl, which loads this file.
use strict;
use warnings;

our ($runtime, $events);    # of shim.pl
my $fifo;
my $shims_kept = 128;    # how many may take another container; each has a pipe here, which every new shim has to close
my $ends = grep { $_ eq 'ends' } @ARGV[2 .. $#ARGV];
my ($idle_seconds) = ((map { /^idle=(\d+)$/ } @ARGV[2 .. $#ARGV]), 1);    # of shims without a container, until they end
require(__FILE__ =~ s/spawner\.pl$/cgroups.pl/r) if LINUX && $ends;
require(__FILE__ =~ s/spawner\.pl$/owner.pl/r) if $ends;

my %shims;       # pid => id of its container, '' when it has none
my %launched;    # id => pid of its shim
my %pipes;       # pid => where the shim reads its requests; it ends when that is closed and it has no container left
my (@idle, @running);    # pids of shims with a pipe, without a container and with one that may go on

sub dismiss { my ($pid) = @_; POSIX::close(delete $pipes{$pid}) if exists $pipes{$pid} }

sub new_shim {
    my ($read, $write) = closed_on_exec_pipe() or return;
    my $pid = fork;
    if (defined $pid && !$pid) { POSIX::close($_) for $write, values %pipes; follow_agent() if $ends; shim($read) }
    POSIX::close($read);
    if (!defined $pid) { my $errno = $!; POSIX::close($write); $! = $errno; return }
    $pipes{$pid} = $write;
    return $pid;
}

# Gives a shim a request; false when it is gone.
sub tell_shim {
    my ($pid, $request) = @_;
    defined(my $pipe = $pipes{$pid}) or return;
    for (my $done = 0; $done < length $$request;) {
        my $written = POSIX::write($pipe, $done ? substr $$request, $done : $$request, length($$request) - $done);
        $done += $written if defined $written;
        return if !defined $written && $! != POSIX::EINTR();
    }
    return 1;
}

my %requests = (
    launch => sub {
        my ($id, $request) = @_;
        while (1) {
            my $pid = pop @idle || new_shim() or return answer('failed ' . int($!) . " fork $id\n");
            next unless tell_shim($pid, $request);    # killed while it had nothing to do
            $shims{$pid} = $id;
            $launched{$id} = $pid;
            keep_cgroups($id, $$request) if LINUX && $ends;
            return;
        }
    },
    go => sub {
        my ($id) = @_;
        my $pid = $launched{$id} or return;
        tell_shim($pid, \'g');
        push @running, $pid;
        dismiss(shift @running) if @running > $shims_kept;
    },
    abort => sub {
        my $pid = $launched{ $_[0] } or return;
        tell_shim($pid, \'a') or kill KILL => $pid;    # a shim without a pipe: one that stands for the task (see shim.pl)
    },
    kill => sub {
        my $pid = $launched{ $_[0] } or return;
        dismiss($pid);    # it may have just ended its container, and must not get another one while it dies
        kill KILL => $pid;
    },
    release => sub {
        # First: a recovering agent must not take the next container for this one.
        my $removed = unlink("$runtime/launcher/$_[0]") || $! == POSIX::ENOENT();
        answer("kept $_[0]\n") if !$removed;
        forget_cgroups($_[0]) if LINUX && $ends;
        my $pid = delete $launched{ $_[0] } or return;
        @running = grep { $_ != $pid } @running;
        $shims{$pid} = '' if exists $shims{$pid};
        if (!$removed) { dismiss($pid) }
        elsif (exists $pipes{$pid}) { push @idle, $pid }
    },
);

# As a subreaper, the spawner inherits the descendants of a shim that was killed: a child that is not a shim is one of
# them, and is killed. (A child's pid is not reused before it is waited for, so no other process is hit.)
my %lost;    # ids of containers whose shims were killed
my $tries = 0;    # to end their processes
sub reap {
    my $inherited;
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        my $status = $?;
        my $id = delete $shims{$pid};
        if (!defined $id) { $inherited = 1; next }
        dismiss($pid);
        @$_ = grep { $_ != $pid } @$_ for \(@idle, @running);
        delete $launched{$id} if ($launched{$id} || 0) == $pid;    # an id that failed may be back
        $lost{$id} = 1 if $status && $id ne '';
    }
    return unless $inherited || %lost;
    my @orphans = grep { !exists $shims{$_} } split ' ', slurp("/proc/$$/task/$$/children");
    kill KILL => @orphans;
    return if @orphans && $tries++ < 100;    # their end brings us back here; frozen ones are the agent's to end
    answer("lost $_\n") for keys %lost;
    ($tries, %lost) = (0);
}

chdir '/'; $0 = 'meseta-spawner';
my $subreaper = become_subreaper() ? 1 : 0;
if (!-p "$runtime/events") { POSIX::mkfifo("$runtime/events", 0600) or die "could not make $runtime/events: $!\n" }
$| = 1;
print join(' ', 'meseta-spawner', $$, POSIX::sysconf(POSIX::_SC_CLK_TCK()), POSIX::sysconf(POSIX::_SC_PAGESIZE()), $subreaper), "\n";

my $buffer = '';
my $quiet = 0;
while (1) {
    my $ready = '';
    vec($ready, 0, 1) = 1;
    # A child that ends just before select starts is noticed when the time is up: Perl has no pselect.
    my $count = select $ready, undef, undef, %lost ? 0.01 : %shims ? 1 : undef;
    reap();
    $quiet = $count ? 0 : $quiet + 1;    # seconds without anything to do
    dismiss(shift @idle) while $quiet >= $idle_seconds && @idle;
    next if $count <= 0;
    my $read = sysread STDIN, $buffer, 65536, length $buffer;
    next if !defined $read && $! == POSIX::EINTR();
    last unless $read;
    if (!$events) {    # the agent has opened its end before it sends anything
        sysopen $fifo, "$runtime/events", Fcntl::O_WRONLY() | Fcntl::O_NONBLOCK() or die "no agent reads $runtime/events: $!\n";
        fcntl $fifo, Fcntl::F_SETFL(), Fcntl::O_WRONLY();    # from here on a slow agent makes writers wait
        $events = fileno $fifo;
    }
    while (length $buffer >= 4 and length $buffer >= 4 + (my $length = unpack 'N', $buffer)) {
        my $request = substr $buffer, 0, 4 + $length, '';
        my ($type, $id) = unpack 'x4 (Z*)2', $request;
        $requests{$type}->($id, \$request);
    }
}
if ($ends) {
    thaw_cgroups() if LINUX;
    end_all();
    remove_cgroups() if LINUX;
}

1;

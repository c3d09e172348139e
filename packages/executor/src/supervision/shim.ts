/**
 * The parent of a task's process: a few lines of Perl, since Node can neither be a subreaper nor tell wait statuses of
 * orphans. Arguments: the pid of the executor, what to be called in `ps`, which of the files 0, 1 and 2 of the task are
 * pipes (`12`). Pipes are the shim's to make, for those of Node are sockets, which nobody can open as `/dev/stdout`.
 * File 3 is a socket. In comes one request: a length (4 bytes, big-endian), then fields separated by NUL:
 * `UID GID GROUP…` or nothing, prlimit(1) options separated by spaces or nothing, the program, the number of arguments,
 * argv, `NAME=value`…. Out go lines:
 *
 *     pipes FD…               the other ends, to be opened in /proc/<shim>/fd before the request; only where there are any
 *     started PID START       START as in /proc/<pid>/stat
 *     failed ERRNO STEP       nothing ran: the last line
 *     exited WAITSTATUS       descendants may be left
 *     (end)                   none is left
 *
 * When the executor dies, the shim kills everything below it: unlike the shims of `@meseta/containers`, whose tasks outlive
 * their agent, it keeps nothing on disk. Should the shim itself be killed, the kernel kills the first process, and the
 * executor its session; what has left that is beyond reach. Output files are the shim's own 1 and 2, which it closes.
 */
export const shimProgram = String.raw`
use strict; use warnings; no warnings 'exec'; use POSIX (); use Config ();
my ($executor, $name, $pipes) = @ARGV;
my $prctl = { x86_64 => 157, aarch64 => 167, riscv64 => 167, loongarch64 => 167, s390x => 172, powerpc64le => 171, arm => 172,
  i386 => 172, i486 => 172, i586 => 172, i686 => 172 }->{ $Config::Config{archname} =~ /^([^-]+)/ ? $1 : '' };
my $task = 0;
$SIG{$_} = sub { } for qw(HUP INT QUIT PIPE ALRM TERM USR2);
$SIG{USR1} = \&end_all;
if ($prctl) { syscall $prctl, 36, 1, 0, 0, 0; syscall $prctl, 1, POSIX::SIGUSR1(), 0, 0, 0 }
exit if getppid() != $executor;
$0 = $name;
open my $socket, '+<&=', 3 or die "no socket: $!";
sub tell_executor { my $line = "@_\n"; 1 until defined syswrite $socket, $line or $! != POSIX::EINTR() }
sub slurp { open my $file, '<', $_[0] or return ''; local $/; my $text = <$file>; return defined $text ? $text : '' }
sub start_time { my $stat = slurp("/proc/$_[0]/stat"); return (split ' ', substr $stat, rindex($stat, ')') + 1)[19] }
sub receive {
  my ($left, $data) = ($_[0], '');
  while ($left > 0) {
    my $read = sysread $socket, $data, $left, length $data;
    next if !defined $read && $! == POSIX::EINTR();
    exit unless $read;
    $left -= $read;
  }
  return $data;
}
my @others;
for my $fd (split //, $pipes) {
  pipe my $read, my $write or die;
  POSIX::dup2(fileno($fd ? $write : $read), $fd);
  push @others, $fd ? $read : $write;
}
tell_executor('pipes', map { fileno $_ } @others) if @others;
my ($user, $limits, $file, $count, @rest) = split /\0/, receive(unpack 'N', receive(4)), -1;
@others = ();
my @argv = splice @rest, 0, $count;
pipe my $result, my $result_end or die;
pipe my $go, my $go_end or die;
$task = fork;
if (!defined $task) { tell_executor('failed', int $!, 'fork'); exit }
if (!$task) {
  close $go_end;
  my $fail = sub { syswrite $result_end, int($!) . " $_[0]"; POSIX::_exit(1) };
  $SIG{USR1} = $SIG{TERM} = 'DEFAULT';
  POSIX::setsid();
  if ($limits ne '' && system('prlimit', "--pid=$$", split / /, $limits)) { $! = 0; $fail->('rlimits') }
  if ($user ne '') {
    my ($uid, $gid, @groups) = split ' ', $user;
    chown $uid, $gid, (\*STDIN, \*STDOUT, \*STDERR)[split //, $pipes];
    $! = 0;
    $) = join ' ', $gid, @groups ? @groups : $gid;
    $fail->('user') if $!;
    POSIX::setgid($gid) && POSIX::setuid($uid) or $fail->('user');
  }
  syscall $prctl, 1, 9, 0, 0, 0 if $prctl;
  sysread $go, my $byte, 1 or POSIX::_exit(1);
  %ENV = map { my ($key, $value) = split /=/, $_, 2; ($key, $value) } @rest;
  exec {$file} @argv;
  $fail->('exec');
}
close $result_end; close $go;
open my $null, '+<', '/dev/null'; POSIX::dup2(fileno $null, $_) for 0 .. 2;
my $start = start_time($task);
syswrite $go_end, 'g';
my $failure = '';
while (1) { my $read = sysread $result, $failure, 64, length $failure; last if defined $read ? !$read : $! != POSIX::EINTR() }
if ($failure ne '') { waitpid $task, 0; tell_executor('failed', $failure); exit }
tell_executor('started', $task, $start);
while (1) {
  my $ended = waitpid -1, 0;
  if ($ended == $task) { tell_executor('exited', $?) }
  elsif ($ended < 0 && $! != POSIX::EINTR()) { last }
}
# Stops what it meets before it looks further: what is stopped forks no more. Orphans come to this process.
sub members { my @found; for my $pid (split ' ', slurp("/proc/$_[0]/task/$_[0]/children")) { kill STOP => $pid; push @found, $pid, members($pid) } return @found }
# Runs as signal handler, for waitpid starts over after one.
sub end_all {
  while (1) {
    kill KILL => members($$);
    my $ended;
    do { $ended = waitpid -1, POSIX::WNOHANG() } while $ended > 0;
    exit if $ended < 0;
    select undef, undef, undef, 0.01;
  }
}
`;

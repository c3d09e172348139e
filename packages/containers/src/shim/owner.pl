# Containers of an agent that no other one will take over from (`ends`): they end with it also when the spawner, which would have
# ended them, was killed with it. Loaded by spawner.pl, for the copies of it that are shims.
use strict;
use warnings;

my ($spawner, $agent) = ($$, getppid);
my $start = start_time($agent);

# One that cannot be read is taken for running, and looked at again.
sub agent_runs {
    my ($state) = slurp("/proc/$agent/stat") =~ /^.*\) (\S)/s or return kill(0, $agent) || int $! != POSIX::ESRCH();
    return $state !~ /[ZX]/ && start_time($agent) eq $start;
}

# Watches the agent from the end of the spawner on, once a second.
sub follow_agent {
    $SIG{ALRM} = sub {
        if (agent_runs()) { return alarm 1 }
        end_all();
        POSIX::_exit(0);
    };
    signal_at_end_of_parent(POSIX::SIGALRM());
    kill ALRM => $$ if getppid != $spawner;
}

1;

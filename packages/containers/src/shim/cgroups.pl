# The cgroups of containers, in a spawner that ends all of them when the agent ends: no other agent will remove these.
use strict;
use warnings;

my %cgroups;    # id => paths of the cgroups that its launch makes

sub keep_cgroups {
    my ($id, $request) = @_;
    my @fields = split /\0/, substr($request, 4), -1;
    splice @fields, 0, 11 + $fields[10];    # up to the plan: see shim.pl
    my @steps = splice @fields, 0, shift @fields;
    while (@steps) { my ($name, $path) = splice @steps, 0, shift @steps; push @{ $cgroups{$id} }, $path if $name eq 'cgroup' }
}

sub forget_cgroups { delete $cgroups{ $_[0] } }

# A frozen process does not end.
sub thaw_cgroups { for (map { @$_ } values %cgroups) { write_file("$_/freezer.state", 'THAWED'); write_file("$_/cgroup.freeze", '0') } }

sub remove_cgroup {
    my ($path) = @_;
    return if rmdir $path or $! != POSIX::EBUSY();
    opendir my $entries, $path or return;
    -d "$path/$_" && !/^\.\.?$/ && remove_cgroup("$path/$_") for readdir $entries;
    closedir $entries;
    rmdir $path;
}

# Its parent goes with the last container in it.
sub remove_cgroups {
    for my $path (sort { length $b <=> length $a } map { @$_ } values %cgroups) {
        # Processes are members until their memory has been given back.
        for (1 .. 100) { remove_cgroup($path); last if !-d $path; select undef, undef, undef, 0.01 }
        my $root = $path =~ s{/[^/]+$}{}r;
        # What has just been removed from it counts for a moment.
        for (1 .. 20) { last if rmdir $root or $! != POSIX::EBUSY() or (stat $root)[3] > 2; select undef, undef, undef, 0.01 }
    }
}

1;

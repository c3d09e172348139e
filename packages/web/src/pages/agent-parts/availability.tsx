import type { MachineID, MasterResponseGetAgentsAgent } from '@meseta/protocol/browser';
import { Link } from '@tanstack/react-router';
import { addresses } from '../../addresses.ts';
import { Answered } from '../../ask/answer.tsx';
import { useNow } from '../../ui/clock.ts';
import { Facts } from '../../ui/facts.tsx';
import { moment, stateWord } from '../../ui/format.ts';
import { machineKey, modesOf, spanText } from '../maintenance/schedule.ts';
import { type Maintenance, useMaintenance } from '../maintenance/use-maintenance.ts';

/** Whether an agent drains, and when its machine is away. */
export function AgentAvailability(props: {
  readonly agent: MasterResponseGetAgentsAgent;
  readonly machine: MachineID;
}) {
  const { agent, machine } = props;
  const answer = useMaintenance();
  return (
    <>
      <DrainFacts agent={agent} />
      <Answered what="The maintenance schedule" answer={answer} lines={2}>
        {maintenance => <MachineFacts maintenance={maintenance} machine={machine} />}
      </Answered>
    </>
  );
}

function DrainFacts({ agent }: { readonly agent: MasterResponseGetAgentsAgent }) {
  const now = useNow(60_000);
  const { drain_info: drain, deactivated, estimated_drain_start_time: since } = agent;
  const grace = drain?.config.max_grace_period;
  return (
    <Facts
      of={{
        Draining: drain ? stateWord(drain.state) : 'no',
        Since: drain && since && moment(since.nanoseconds / 1e9, now),
        'Grace period': grace && `at most ${spanText(grace.nanoseconds / 1e9)}`,
        'When drained': drain && (drain.config.mark_gone ? 'marked gone' : 'stays, without offers'),
        Deactivated: deactivated ? 'yes: none of its resources are offered' : 'no',
      }}
    />
  );
}

function MachineFacts({ maintenance, machine }: { readonly maintenance: Maintenance; readonly machine: MachineID }) {
  const now = useNow(60_000);
  const { schedule, status } = maintenance;
  const key = machineKey(machine);
  const window = schedule.windows?.find(({ machine_ids = [] }) => machine_ids.some(id => machineKey(id) === key));
  if (window === undefined) {
    return <Facts of={{ Maintenance: <Link to={addresses.maintenance()}>not in the schedule</Link> }} />;
  }
  const { start, duration } = window.unavailability;
  const span = duration ? `for ${spanText(duration.nanoseconds / 1e9)}` : 'without an end';
  return (
    <Facts
      of={{
        Maintenance: (
          <Link to={addresses.maintenance()}>
            {modesOf(status).get(key) ?? 'scheduled'}, away from {moment(start.nanoseconds / 1e9, now)} {span}
          </Link>
        ),
      }}
    />
  );
}

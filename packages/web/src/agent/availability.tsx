import type { MachineID, MasterResponseGetAgentsAgent } from '@meseta/protocol/browser';
import { Link } from '@tanstack/react-router';
import { addresses } from '../addresses.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { type Maintenance, maintenance } from '../maintenance/maintenance.ts';
import { machineKey, modesOf } from '../maintenance/schedule.ts';
import { Facts } from '../ui/facts.tsx';
import { exactDuration, wordOf } from '../ui/format.ts';
import { momentOf } from '../ui/moment.tsx';

/** Whether an agent drains, and when its machine is away. */
export function AgentAvailability(props: {
  readonly agent: MasterResponseGetAgentsAgent;
  readonly machine: MachineID;
}) {
  const { agent, machine } = props;
  const answer = useAnswer(maintenance);
  return (
    <>
      <DrainFacts agent={agent} />
      <WhenAnswered what="The maintenance schedule" answer={answer} lines={2}>
        {known => <MachineFacts known={known} machine={machine} />}
      </WhenAnswered>
    </>
  );
}

function DrainFacts({ agent }: { readonly agent: MasterResponseGetAgentsAgent }) {
  const { drain_info: drain, deactivated, estimated_drain_start_time: since } = agent;
  const grace = drain?.config.max_grace_period;
  return (
    <Facts
      of={{
        Draining: drain ? wordOf(drain.state) : 'no',
        Since: drain && momentOf(since),
        'Grace period': grace && `at most ${exactDuration(grace.nanoseconds / 1e9)}`,
        'When drained': drain && (drain.config.mark_gone ? 'marked gone' : 'stays, without offers'),
        Deactivated: deactivated ? 'yes: none of its resources are offered' : 'no',
      }}
    />
  );
}

function MachineFacts({ known, machine }: { readonly known: Maintenance; readonly machine: MachineID }) {
  const { schedule, status } = known;
  const key = machineKey(machine);
  const window = schedule.windows?.find(({ machine_ids = [] }) => machine_ids.some(id => machineKey(id) === key));
  if (window === undefined) {
    return <Facts of={{ Maintenance: <Link to={addresses.maintenance()}>not in the schedule</Link> }} />;
  }
  const { start, duration } = window.unavailability;
  const span = duration ? `for ${exactDuration(duration.nanoseconds / 1e9)}` : 'without an end';
  return (
    <Facts
      of={{
        Maintenance: (
          <Link to={addresses.maintenance()}>
            {modesOf(status).get(key) ?? 'scheduled'}, away from {momentOf(start)} {span}
          </Link>
        ),
      }}
    />
  );
}

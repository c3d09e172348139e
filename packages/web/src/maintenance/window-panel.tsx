import type { MachineID, MaintenanceClusterStatusDrainingMachine, MaintenanceWindow } from '@meseta/protocol/browser';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useReason } from '../actions/use-reasons.ts';
import { addresses } from '../addresses.ts';
import { ProblemText } from '../answers/trouble.tsx';
import { useChange } from '../answers/use-change.ts';
import { useObject } from '../feed/hooks.ts';
import { TaskCountNote } from '../permissions/part-note.tsx';
import type { Row } from '../store/table.ts';
import { useNow } from '../ui/clock.ts';
import { Confirm } from '../ui/confirm.tsx';
import { isFocusFree } from '../ui/focus-page.ts';
import { count, exactDuration, moment } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { PlainTable } from '../ui/plain-table.tsx';
import { ReasonButton } from '../ui/reason-button.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { maintenance, windowChange } from './maintenance.ts';
import { isOver, type MachineMode, machineKey, machineName } from './schedule.ts';
import { useAgentsOf } from './use-agents-of.ts';

/** Machines of one window that are listed. */
const LISTED = 200;

/** What is to be confirmed. */
interface Step {
  readonly type: 'start' | 'stop' | 'remove';
  readonly machines: readonly MachineID[];
}

/** One window of the schedule: when, which machines, what their agents are, and what can be done. */
export function WindowPanel(props: {
  readonly window: MaintenanceWindow;
  readonly modes: ReadonlyMap<string, MachineMode>;
  readonly answers: readonly MaintenanceClusterStatusDrainingMachine[];
  /** Why the schedule cannot be changed; undefined: it can. */
  readonly reason: string | undefined;
  /** Whether its form has just been closed. */
  readonly isReturned: boolean;
  readonly onEdit: () => void;
}) {
  const { window, modes, answers, reason: forbidden, isReturned, onEdit } = props;
  const { machine_ids: machines = [], unavailability } = window;
  const [step, setStep] = useState<Step>();
  const change = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isReturned && isFocusFree()) change.current?.focus();
  }, [isReturned]);
  const now = useNow(60_000);
  const agents = useAgentsOf(machines);
  const reasons: Readonly<Record<Step['type'], string | undefined>> = {
    start: useReason({ action: 'start_maintenance' }),
    stop: useReason({ action: 'stop_maintenance' }),
    remove: forbidden,
  };
  const modeOf = (machine: MachineID) => modes.get(machineKey(machine));
  const draining = machines.filter(machine => modeOf(machine) === 'draining');
  const down = machines.filter(machine => modeOf(machine) === 'down');
  const button = (type: Step['type'], text: string, which: readonly MachineID[], notNow?: string) => (
    <ReasonButton
      reason={reasons[type] ?? notNow}
      place="tooltip"
      opensDialog
      onPress={() => setStep({ type, machines: which })}
    >
      {text}
    </ReasonButton>
  );
  const start = moment(unavailability.start.nanoseconds / 1e9, now);
  const span = unavailability.duration && exactDuration(unavailability.duration.nanoseconds / 1e9);
  return (
    <Panel title={`From ${start}, ${span ? `for ${span}` : 'without an end'}`}>
      {isOver(window, now) && (
        <p className="quiet">
          This time is over. The machines stay in the schedule until you stop their maintenance, or remove the window.
        </p>
      )}
      <PlainTable
        label={`Machines away from ${start}`}
        columns={['Machine', 'State', 'Agents', 'Frameworks', 'Change']}
      >
        {machines.slice(0, LISTED).map(machine => {
          const mode = modeOf(machine);
          return (
            <tr key={machineKey(machine)}>
              <th scope="row">{machineName(machine)}</th>
              <td>{mode && <StateLabel state={mode} />}</td>
              <td>
                <Agents rows={agents.get(machineKey(machine)) ?? []} />
              </td>
              <td>
                <Answers of={answers.find(({ id }) => machineKey(id) === machineKey(machine))} />
              </td>
              <td>
                {mode === 'down'
                  ? button('stop', `Bring ${machineName(machine)} up`, [machine])
                  : button('start', `Take ${machineName(machine)} down`, [machine])}
              </td>
            </tr>
          );
        })}
      </PlainTable>
      {machines.length > LISTED && <p className="quiet">and {count(machines.length - LISTED, 'machine')} more</p>}
      <div className="form-buttons">
        {button('start', 'Start: take all down', draining, draining.length === 0 ? 'All are down.' : undefined)}
        {button('stop', 'Stop: bring all up', down, down.length === 0 ? 'None is down.' : undefined)}
        <ReasonButton reason={forbidden} place="tooltip" button={change} onPress={onEdit}>
          Change the window
        </ReasonButton>
        {button(
          'remove',
          'Remove the window',
          machines,
          down.length > 0 ? 'Machines of it are down: bring them up first.' : undefined,
        )}
      </div>
      {step && (
        <StepDialog
          step={step}
          agents={step.machines.flatMap(machine => agents.get(machineKey(machine)) ?? [])}
          window={window}
          onClose={() => setStep(undefined)}
        />
      )}
    </Panel>
  );
}

function Agents({ rows }: { readonly rows: readonly Row[] }) {
  if (rows.length === 0) return <span className="quiet">none is registered</span>;
  return rows.map(row => (
    <div key={row.key}>
      <Link to={addresses.agent(row.key)}>{row.key}</Link> {count(Number(row.tasks), 'task')}
    </div>
  ));
}

/** What frameworks have answered to being asked to leave a machine. */
function Answers({ of }: { readonly of: MaintenanceClusterStatusDrainingMachine | undefined }) {
  return of?.statuses?.map(({ framework_id, status }) => (
    <div key={framework_id.value}>
      <FrameworkName id={framework_id.value} /> {answerWords[status] ?? status}
    </div>
  ));
}

const answerWords: Readonly<Record<string, string>> = {
  UNKNOWN: 'has not answered',
  ACCEPT: 'accepts',
  DECLINE: 'declines',
};

function FrameworkName({ id }: { readonly id: string }) {
  const name = useObject('frameworks', id)?.row?.name;
  return (
    <Link to={addresses.framework(id)} title={id}>
      {name ? String(name) : id}
    </Link>
  );
}

function StepDialog(props: {
  readonly step: Step;
  readonly agents: readonly Row[];
  readonly window: MaintenanceWindow;
  readonly onClose: () => void;
}) {
  const { step, agents, window, onClose } = props;
  const { isBusy, problem, apply } = useChange(maintenance);
  const machines = [...step.machines];
  const tasks = agents.reduce((sum, row) => sum + Number(row.tasks), 0);
  const steps = {
    start: {
      title: `Take ${count(machines.length, 'machine')} down`,
      text: `Removes ${count(agents.length, 'agent')}, which cannot register again before the maintenance is stopped, and ends ${count(tasks, 'task')}.`,
      call: { type: 'START_MAINTENANCE', start_maintenance: { machines } },
    },
    stop: {
      title: `Bring ${count(machines.length, 'machine')} up`,
      text: 'Their agents may register again. The machines leave the schedule.',
      call: { type: 'STOP_MAINTENANCE', stop_maintenance: { machines } },
    },
    remove: {
      title: 'Remove the window',
      text: `${count(machines.length, 'machine')} will not be away; frameworks are no longer asked to leave.`,
      call: () => windowChange(window, undefined),
    },
  } as const;
  const { title, text, call } = steps[step.type];
  return (
    <Confirm
      title={title}
      problem={problem && <ProblemText problem={problem} />}
      isBusy={isBusy}
      onClose={onClose}
      onConfirm={async () => {
        if (await apply(call)) onClose();
      }}
    >
      <p>{text}</p>
      {step.type === 'start' && <TaskCountNote />}
      <ul>
        {machines.slice(0, 10).map(machine => (
          <li key={machineKey(machine)}>{machineName(machine)}</li>
        ))}
        {machines.length > 10 && <li>and {machines.length - 10} more</li>}
      </ul>
    </Confirm>
  );
}

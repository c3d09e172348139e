import type { MaintenanceWindow } from '@meseta/protocol/browser';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ProblemText } from '../answers/trouble.tsx';
import { useChange } from '../answers/use-change.ts';
import { useWindow } from '../feed/hooks.ts';
import { isHeading } from '../query/view.ts';
import { Field } from '../ui/field.tsx';
import { focusProblem, formProblem } from '../ui/focus-problem.ts';
import { Panel } from '../ui/panel.tsx';
import { ReasonButton } from '../ui/reason-button.tsx';
import { TextInput } from '../ui/text-input.tsx';
import { useUnfinished } from '../unfinished.ts';
import { maintenance, windowChange } from './maintenance.ts';
import { type DraftProblems, draftOf, fieldOfRefusal, machineName, type WindowDraft, windowOf } from './schedule.ts';
import { machineOf } from './use-agents-of.ts';

const empty: WindowDraft = { machines: '', start: '', duration: '' };

/** Machines that are proposed while someone looks for them. */
const PROPOSED = 8;

/** A form for a window of the schedule. What the master refuses is said at the field that it is about. */
export function WindowForm(props: {
  /** The window that is changed. Default: a new one is made. */
  readonly window?: MaintenanceWindow;
  /** Whether the schedule has that window no more: another operator has changed or removed it. */
  readonly isMissing?: boolean;
  /** @param isSaved the master has taken what it says. */
  readonly onClose: (isSaved: boolean) => void;
}) {
  const { window, isMissing = false, onClose } = props;
  useUnfinished();
  const [draft, setDraft] = useState<WindowDraft>(window ? draftOf(window) : empty);
  const [problems, setProblems] = useState<DraftProblems>({});
  const { isBusy, problem, apply, forget } = useChange(maintenance);
  const refusedField = problem && fieldOfRefusal(problem.message);
  const problemOf = (field: keyof WindowDraft) =>
    problems[field] ?? (problem && refusedField === field ? <ProblemText problem={problem} /> : undefined);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('textarea')?.focus(), []);
  /** Each one moves the focus to what is wrong. */
  const [failures, setFailures] = useState(0);
  useEffect(() => {
    if (failures > 0) focusProblem(form.current);
  }, [failures]);
  const set = (field: keyof WindowDraft, value: string) => {
    setDraft(before => ({ ...before, [field]: value }));
    setProblems(({ [field]: _, ...others }) => others);
    if (field === refusedField) forget();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    forget();
    const read = windowOf(draft);
    setProblems('problems' in read ? read.problems : {});
    if (!('window' in read)) return setFailures(count => count + 1);
    if (await apply(() => windowChange(window, read.window))) onClose(true);
    else setFailures(count => count + 1);
  };
  return (
    <Panel title={window === undefined ? 'New window' : 'Change the window'}>
      {isMissing && !isBusy && (
        <p role="status" className="address-problem">
          Another operator has changed or removed this window meanwhile. What you save becomes a new one.
        </p>
      )}
      <form ref={form} className="form" onSubmit={submit} noValidate>
        <Field
          label="Machines"
          hint="One a line: host name and IP address, both as the agent has them."
          problem={problemOf('machines')}
        >
          {input => (
            <textarea
              {...input}
              rows={4}
              spellCheck={false}
              value={draft.machines}
              onChange={event => set('machines', event.target.value)}
            />
          )}
        </Field>
        <MachineFinder
          onFound={machine => set('machines', [draft.machines.trimEnd(), machine].filter(Boolean).join('\n'))}
        />
        <Field label="Away from" hint="By the clock of this browser." problem={problemOf('start')}>
          {input => (
            <input
              {...input}
              type="datetime-local"
              value={draft.start}
              onChange={event => set('start', event.target.value)}
            />
          )}
        </Field>
        <Field
          label="For"
          hint="Such as 90 min or 2 hours. Empty: until the maintenance is stopped."
          problem={problemOf('duration')}
        >
          {input => <TextInput {...input} value={draft.duration} onChange={value => set('duration', value)} />}
        </Field>
        {problem && refusedField === undefined && (
          <p {...formProblem}>
            <ProblemText problem={problem} />
          </p>
        )}
        <div className="form-buttons">
          <ReasonButton reason={undefined} isBusy={isBusy}>
            Save the schedule
          </ReasonButton>
          <button type="button" onClick={() => onClose(false)}>
            Cancel
          </button>
        </div>
      </form>
    </Panel>
  );
}

/** Finds machines by their agents. */
function MachineFinder({ onFound }: { readonly onFound: (machine: string) => void }) {
  const [filter, setFilter] = useState('');
  const limit = filter === '' ? 0 : PROPOSED;
  const found = useWindow('agents', { filter, sort: 'hostname', descending: false, offset: 0, limit });
  return (
    <div className="field">
      <input
        type="search"
        aria-label="Find machines by their agents"
        placeholder="find machines by their agents: host, attribute:rack=a …"
        value={filter}
        onChange={event => setFilter(event.target.value)}
      />
      <div className="form-buttons">
        {filter !== '' &&
          found?.rows.slice(0, PROPOSED).map(row => {
            if (isHeading(row)) return null;
            const machine = machineName(machineOf(row));
            return (
              <button key={row.key} type="button" onClick={() => onFound(machine)}>
                Add {machine}
              </button>
            );
          })}
      </div>
    </div>
  );
}

import { type FormEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { aboutRole } from '../actions/action.ts';
import { useReason } from '../actions/use-reasons.ts';
import { ProblemText } from '../answers/trouble.tsx';
import { asRequestError } from '../requests/request.ts';
import { ChoiceField, type FormState, LinesField, TextField } from '../run/form-fields.tsx';
import { bodyOf, emptyForm, type FieldProblems, isFilledIn } from '../run/run-form.ts';
import { askToRun, type RunTaken, refusedField } from '../run/run-request.ts';
import { RunWait } from '../run/run-wait.tsx';
import { focusProblem, formProblem } from '../ui/focus-problem.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { ReasonButton } from '../ui/reason-button.tsx';
import { useUnfinished } from '../unfinished.ts';

/** What agents of Meseta can run: Appc images, which `POST /tasks/run` takes for agents of Apache Mesos, are not here. */
const kinds = [
  ['command', 'A command'],
  ['docker', 'A Docker image'],
] as const;

/** Runs a task: a form, and what becomes of it until the task has a page. What was typed stays until then. */
export function RunPage() {
  const [values, setValues] = useState(emptyForm);
  const [problems, setProblems] = useState<FieldProblems>({});
  const [failure, setFailure] = useState<ReactNode>();
  /** Each one moves the focus to what it is about. */
  const [refusals, setRefusals] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [taken, setTaken] = useState<RunTaken>();
  const element = useRef<HTMLFormElement>(null);
  useUnfinished(taken !== undefined || isFilledIn(values));
  const { role, user } = values;
  // What is no name of a role is refused at its field.
  const about = aboutRole(role).role ?? '*';
  const reason = useReason({ action: 'run_task', role: about, ...(user.trim() && { user: user.trim() }) });
  const fail = useCallback((why: ReactNode) => {
    setFailure(why);
    setRefusals(count => count + 1);
  }, []);
  const over = useCallback(
    (why: string) => {
      setTaken(undefined);
      fail(why);
    },
    [fail],
  );
  const form: FormState = {
    values,
    problems,
    set(field, value) {
      setValues(before => ({ ...before, [field]: value }));
      setProblems(({ [field]: _, ...others }) => others);
    },
  };
  const refuse = (found: FieldProblems) => {
    setProblems(found);
    setRefusals(count => count + 1);
  };
  useEffect(() => {
    if (refusals > 0) focusProblem(element.current);
  }, [refusals]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || reason !== undefined) return;
    setFailure(undefined);
    const request = bodyOf(values);
    if (!request.ok) return refuse(request.problems);
    setProblems({});
    setBusy(true);
    try {
      setTaken(await askToRun(request.body));
    } catch (error) {
      const problem = asRequestError(error);
      const field = refusedField(problem);
      if (field) refuse({ [field]: problem.message });
      else fail(<ProblemText problem={problem} />);
    } finally {
      setBusy(false);
    }
  };
  if (taken) {
    return (
      <>
        <PageHeading title="Run a task" />
        <RunWait taken={taken} values={values} onOver={over} />
      </>
    );
  }
  return (
    <>
      <PageHeading title="Run a task" />
      <form ref={element} className="run" onSubmit={submit} noValidate>
        {failure !== undefined && (
          <div {...formProblem}>
            <strong>The task does not run.</strong> {failure}
          </div>
        )}
        <Panel title="What">
          <ChoiceField form={form} field="what" label="Run" choices={kinds} />
          {values.what !== 'command' && <TextField form={form} field="image" label="Image" hint="Such as alpine:3" />}
          <LinesField
            form={form}
            field="command"
            label="Command"
            hint={values.what === 'command' ? 'A line for the shell' : 'Empty: what the image starts'}
          />
          <TextField form={form} field="name" label="Name" hint="The task's id begins with it" />
        </Panel>
        <Panel title="Resources">
          <TextField form={form} field="cpus" label="CPUs" isAmount />
          <TextField form={form} field="mem" label="Memory in MB" isAmount />
          <TextField form={form} field="disk" label="Disk in MB" isAmount />
          <TextField form={form} field="gpus" label="GPUs" isAmount />
          <TextField form={form} field="count" label="How many tasks" isAmount />
        </Panel>
        <Panel title="As whom">
          <TextField form={form} field="role" label="Role" hint="Empty: *" />
          <TextField form={form} field="user" label="User" hint="Empty: the user of the master" />
        </Panel>
        <Panel title="With what">
          <LinesField form={form} field="environment" label="Environment" hint="NAME=VALUE, one a line" />
          <LinesField form={form} field="uris" label="URIs" hint="Fetched into the sandbox first, one a line" />
          <LinesField form={form} field="labels" label="Labels" hint="KEY=VALUE, one a line" />
        </Panel>
        <div className="form-buttons">
          <ReasonButton reason={reason} isBusy={isBusy}>
            {isBusy ? 'Asking the master' : 'Run'}
          </ReasonButton>
        </div>
      </form>
    </>
  );
}

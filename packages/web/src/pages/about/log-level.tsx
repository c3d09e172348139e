import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useCan } from '../../actions/can.ts';
import { Answered, ErrorText, useAnswer } from '../../ask/answer.tsx';
import { change, query } from '../../ask/operator.ts';
import { Field } from '../../ui/field.tsx';

const key = ['GET_LOGGING_LEVEL'];

/** How much the master logs, and a form that raises it for a time. */
export function LogLevel() {
  const answer = useAnswer({
    key,
    everyMs: 5000,
    ask: async signal => (await query({ type: 'GET_LOGGING_LEVEL' }, signal)).get_logging_level?.level ?? 0,
  });
  return (
    <Answered what="The log level" answer={answer} lines={2}>
      {level => (
        <>
          <p role="status">
            The log level is <strong>{level}</strong>
            {level > 0 ? ': more than usual.' : '.'}
          </p>
          <RaiseForm />
        </>
      )}
    </Answered>
  );
}

/** The levels that the master knows beyond its usual one. */
const levels = [1, 2, 3];
const spans: readonly (readonly [minutes: number, title: string])[] = [
  [1, '1 minute'],
  [10, '10 minutes'],
  [60, '1 hour'],
];

function RaiseForm() {
  const client = useQueryClient();
  const [level, setLevel] = useState(1);
  const [minutes, setMinutes] = useState(10);
  const [problem, setProblem] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const [can] = useCan([{ action: 'set_log_level' }]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const duration = { nanoseconds: minutes * 60e9 };
      await change({ type: 'SET_LOGGING_LEVEL', set_logging_level: { level, duration } });
      await client.invalidateQueries({ queryKey: key });
    } catch (error) {
      setProblem(error as Error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="form" onSubmit={submit}>
      <Field label="Raise it to" problem={problem && <ErrorText error={problem} />}>
        {input => (
          <select {...input} value={level} onChange={event => setLevel(Number(event.target.value))}>
            {levels.map(each => (
              <option key={each}>{each}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label="for" hint="Afterwards the master logs as before." problem={undefined}>
        {input => (
          <select {...input} value={minutes} onChange={event => setMinutes(Number(event.target.value))}>
            {spans.map(([value, title]) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="form-buttons">
        <button type="submit" disabled={isBusy || can?.allowed === false}>
          Raise the log level
        </button>
        {can?.allowed === false && <p className="quiet">{can.reason}</p>}
      </div>
    </form>
  );
}

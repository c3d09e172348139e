import { type FormEvent, useState } from 'react';
import { useReason } from '../actions/use-reasons.ts';
import { ProblemText } from '../answers/trouble.tsx';
import { useAnswer } from '../answers/use-answer.ts';
import { useChange } from '../answers/use-change.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { query } from '../requests/operator-api.ts';
import { Poll } from '../requests/poll.ts';
import { Field } from '../ui/field.tsx';
import { ReasonButton } from '../ui/reason-button.tsx';

const logLevel = new Poll({
  everyMs: 5000,
  ask: async signal => (await query({ type: 'GET_LOGGING_LEVEL' }, signal)).get_logging_level?.level ?? 0,
});

/** How much the master logs, and a form that raises it for a time. */
export function LogLevel() {
  const answer = useAnswer(logLevel);
  return (
    <WhenAnswered what="The log level" answer={answer} lines={2}>
      {level => (
        <>
          <p role="status">
            The log level is <strong>{level}</strong>
            {level > 0 ? ': more than usual.' : '.'}
          </p>
          <RaiseForm />
        </>
      )}
    </WhenAnswered>
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
  const [level, setLevel] = useState(1);
  const [minutes, setMinutes] = useState(10);
  const { isBusy, problem, apply } = useChange(logLevel);
  const reason = useReason({ action: 'set_log_level' });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || reason !== undefined) return;
    const duration = { nanoseconds: minutes * 60e9 };
    void apply({ type: 'SET_LOGGING_LEVEL', set_logging_level: { level, duration } });
  };
  return (
    <form className="form" onSubmit={submit}>
      <Field label="Raise it to" problem={problem && <ProblemText problem={problem} />}>
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
        <ReasonButton reason={reason} isBusy={isBusy}>
          Raise the log level
        </ReasonButton>
      </div>
    </form>
  );
}

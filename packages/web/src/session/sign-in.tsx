import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useHasData } from '../feed/hooks.ts';
import type { RequestProblem } from '../requests/request.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { useSession, useSessionState } from './hooks.ts';

/** Asks the user to sign in, over whatever page there is, which stays as it is: the address, and what was shown. */
export function SignIn() {
  const state = useSessionState();
  return state.phase === 'signed-out' ? <SignInDialog schemes={state.schemes} last={state.last} /> : null;
}

interface SignInDialogProps {
  readonly schemes: readonly string[];
  /** Who was signed in before, and whose data are still shown. */
  readonly last: string | undefined;
}

function SignInDialog({ schemes, last }: SignInDialogProps) {
  const hasData = useHasData();
  return (
    <Dialog title="Sign in to Meseta" className={hasData ? 'sign-in' : 'sign-in covers'} isHeld>
      <p className="quiet">
        {last === undefined ? (
          <>The master {location.host} asks who you are.</>
        ) : (
          <>
            The session of <strong>{last}</strong> is over. What you see stays as it is.
          </>
        )}
      </p>
      <SignInForm
        takesToken={includes(schemes, 'bearer')}
        takesPassword={includes(schemes, 'basic')}
        user={last ?? ''}
      />
    </Dialog>
  );
}

const includes = (schemes: readonly string[], name: string) => schemes.some(scheme => scheme.toLowerCase() === name);

/** What is wrong with a field, or with the whole form. */
interface FormProblem {
  readonly field: 'user' | 'password' | 'token' | undefined;
  readonly reason: string;
}

function SignInForm(props: { readonly takesToken: boolean; readonly takesPassword: boolean; readonly user: string }) {
  const session = useSession();
  const [kind, setKind] = useState<'password' | 'token'>(
    props.takesToken && !props.takesPassword ? 'token' : 'password',
  );
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<FormProblem>();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const input = problem?.field && form.current?.elements.namedItem(problem.field);
    if (!(input instanceof HTMLInputElement)) return;
    input.focus();
    input.select();
  }, [problem]);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    const values = new FormData(event.currentTarget);
    const [user, password, token] = ['user', 'password', 'token'].map(name => String(values.get(name) ?? ''));
    const wrong = kind === 'token' ? wrongToken(token) : wrongPassword(user, password);
    setProblem(wrong);
    if (wrong) return;
    setBusy(true);
    const refused = await session.signIn(
      kind === 'token' ? { token: token ?? '' } : { user: user ?? '', password: password ?? '' },
    );
    // Signed in, the form is gone.
    if (refused === undefined) return;
    setBusy(false);
    setProblem({ field: refused.status === 401 ? kind : undefined, reason: wordsOf(refused, kind) });
  };
  return (
    <form ref={form} noValidate onSubmit={event => void submit(event)}>
      {props.takesToken && props.takesPassword && (
        <fieldset>
          <legend>With</legend>
          {(['password', 'token'] as const).map(each => (
            <label key={each}>
              <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} /> a {each}
            </label>
          ))}
        </fieldset>
      )}
      {kind === 'password' && (
        <CredentialField
          problem={problem}
          name="user"
          label="User"
          type="text"
          autoComplete="username"
          value={props.user}
        />
      )}
      {kind === 'password' && (
        <CredentialField
          problem={problem}
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
        />
      )}
      {kind === 'token' && (
        <CredentialField problem={problem} name="token" label="Token" type="password" autoComplete="off" />
      )}
      {problem && problem.field === undefined && (
        <p className="form-problem" role="alert">
          {problem.reason}
        </p>
      )}
      <button type="submit" aria-disabled={isBusy}>
        {isBusy ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}

function CredentialField(props: {
  readonly name: NonNullable<FormProblem['field']>;
  readonly label: string;
  readonly type: 'text' | 'password';
  readonly autoComplete: string;
  readonly value?: string;
  readonly problem: FormProblem | undefined;
}) {
  const { name, label, type, autoComplete, value, problem } = props;
  return (
    <Field label={label} problem={problem?.field === name && problem.reason}>
      {input => (
        <input
          {...input}
          {...{ name, type, autoComplete }}
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={value}
          aria-required
        />
      )}
    </Field>
  );
}

function wrongPassword(user = '', password = ''): FormProblem | undefined {
  if (user === '') return { field: 'user', reason: 'Type a user: a principal that the master knows.' };
  if (user.includes(':')) return { field: 'user', reason: 'The name of a user cannot have a colon.' };
  return password === '' ? { field: 'password', reason: 'Type the password of this user.' } : undefined;
}

function wrongToken(token = ''): FormProblem | undefined {
  if (token === '') return { field: 'token', reason: 'Paste a token that the master takes.' };
  return /^[\x21-\x7e]+$/.test(token)
    ? undefined
    : { field: 'token', reason: 'A token has no spaces and no special letters.' };
}

function wordsOf({ status, message, code }: RequestProblem, kind: 'password' | 'token'): string {
  if (status === 401)
    return kind === 'token' ? 'The master does not take this token.' : 'The user or the password is wrong.';
  return code === undefined ? message : `${message} (${code})`;
}

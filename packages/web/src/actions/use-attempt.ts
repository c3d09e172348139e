import { useEffect, useRef, useState } from 'react';
import { forgetPermissions } from '../permissions/can.ts';
import type { RequestProblem } from '../requests/request.ts';
import type { Action, Field, Values } from './action.ts';
import { initialValues } from './action.ts';
import { type Attempt, type AttemptInput, newAttempt, step } from './attempt.ts';
import { send } from './send.ts';
import { useActionNews } from './use-news.ts';

/** The name of the field in which an id is typed; no field of an action has it. */
export const TYPED = '#typed';

/** Carries out the dialogue of an action. */
export function useAttempt<T>(
  action: Action<T>,
  of: T,
  fields: readonly Field[],
  principal: string | undefined,
  onDone: () => void,
): { readonly attempt: Attempt; edit(field: string, value: string): void; submit(): void } {
  const news = useActionNews();
  const [attempt, setAttempt] = useState(() => newAttempt(initialValues(fields)));
  // Kept beside React's state, which is not changed yet when a second click comes.
  const current = useRef(attempt);
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  const take = (input: AttemptInput) => {
    const [next, request] = step(current.current, input);
    current.current = next;
    setAttempt(next);
    return request;
  };
  const edit = (field: string, value: string) => void take({ type: 'edit', field, value });
  const ownField = fields.find(({ isPrincipal }) => isPrincipal)?.name;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is filled in once, when it is known
  useEffect(() => {
    if (principal !== undefined && ownField !== undefined && !current.current.values[ownField])
      edit(ownField, principal);
  }, [principal, ownField]);

  const submit = () => {
    const { values } = current.current;
    const typed = action.typed?.(of, values);
    const prepared =
      typed !== undefined && (values[TYPED] ?? '').trim() !== typed
        ? { problems: { [TYPED]: `This is not '${typed}'. Type it to confirm.` } }
        : action.prepare(of, values);
    const request = take({ type: 'submit', prepared });
    if (request === undefined) return;
    const effect = action.effect(of, values);
    const what = `${action.title}: ${action.object(of)}`;
    void send(request).then(refusal => {
      if (refusal) return refused(refusal, values, what);
      take({ type: 'accepted' });
      news.accepted(what, effect);
      if (isOpen.current) onDone();
    });
  };

  const refused = (refusal: RequestProblem, values: Values, what: string) => {
    if (refusal.status === 401 || refusal.status === 403) forgetPermissions();
    take({ type: 'refused', refusal, field: action.fieldOf?.(refusal, values) });
    if (!isOpen.current) news.failed(`${what}: ${refusal.message}`);
  };
  return { attempt, edit, submit };
}

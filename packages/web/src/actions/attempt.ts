/**
 * A dialogue of an action, from its form to the master's acceptance.
 *
 * ```text
 *           ┌──edit──┐
 *           ▼        │
 * ───────▶ editing ──┴─submit──▶ sending ──accepted──▶ accepted
 *           ▲  └─submit with problems─┘ │
 *           └──────────refused──────────┘
 * ```
 */
import type { RequestProblem } from '../requests/request.ts';
import type { ActionRequest, Prepared, Problems, Values } from './action.ts';

/** The state of a dialogue. */
export interface Attempt {
  readonly phase: 'editing' | 'sending' | 'accepted';
  readonly values: Values;
  readonly problems: Problems;
  /** Why the master has refused it, the last time. */
  readonly refusal?: RequestProblem | undefined;
  /** The field that this is about; undefined: the whole form. */
  readonly refusedAt?: string | undefined;
  /** How often it was not sent or was refused: each time, the page goes to what is wrong. */
  readonly failures: number;
}

/** What happens to it. */
export type AttemptInput =
  | { readonly type: 'edit'; readonly field: string; readonly value: string }
  | { readonly type: 'submit'; readonly prepared: Prepared }
  | { readonly type: 'refused'; readonly refusal: RequestProblem; readonly field: string | undefined }
  | { readonly type: 'accepted' };

/** Begins with the values of the form. */
export const newAttempt = (values: Values): Attempt => ({ phase: 'editing', values, problems: {}, failures: 0 });

/** Returns the next state, and the request to send: one at a time, however often the button is pressed. */
export function step(attempt: Attempt, input: AttemptInput): readonly [Attempt, ActionRequest?] {
  switch (input.type) {
    case 'edit': {
      if (attempt.phase !== 'editing') return [attempt];
      const { [input.field]: _, ...problems } = attempt.problems;
      return [{ ...attempt, values: { ...attempt.values, [input.field]: input.value }, problems }];
    }
    case 'submit': {
      if (attempt.phase !== 'editing') return [attempt];
      const { values, failures } = attempt;
      if ('problems' in input.prepared) {
        return [{ phase: 'editing', values, problems: input.prepared.problems, failures: failures + 1 }];
      }
      return [{ phase: 'sending', values, problems: {}, failures }, input.prepared.request];
    }
    case 'refused': {
      const { refusal, field } = input;
      const problems = field === undefined ? {} : { [field]: refusal.message };
      const { values, failures } = attempt;
      return [{ phase: 'editing', values, problems, refusal, refusedAt: field, failures: failures + 1 }];
    }
    case 'accepted':
      return [{ ...newAttempt(attempt.values), phase: 'accepted' }];
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

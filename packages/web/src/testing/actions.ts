import assert from 'node:assert/strict';
import { type Action, initialValues, type Values } from '../actions/action.ts';

/** Returns the action of a name. */
export function named<T>(actions: readonly Action<T>[], name: string): Action<T> {
  const found = actions.find(action => action.name === name);
  assert.ok(found, `no action ${name}`);
  return found;
}

/** Returns the body of the request of an action, or what is wrong with the values. */
export function bodyOf<T>(action: Action<T>, of: T, values: Values = {}): unknown {
  const prepared = action.prepare(of, { ...initialValues(action.fields?.(of) ?? []), ...values });
  return 'problems' in prepared ? prepared : prepared.request.body;
}

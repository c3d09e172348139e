/** What must not compile: an entry of a table that does not say what it asks. `npm run check` proves it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request, Response } from '@meseta/process';
import { changes, type DaemonRoute, openTo, prepareChange, shows } from '../http/router.ts';
import type { OperatorCall } from '../operator-api/operator-call.ts';
import { showing } from '../operator-api/operator-call.ts';
import { asks, asksOneOf, open } from './entry.ts';

const help = { summary: 'A test.' };
const answer = (): Response => ({ status: 200 });

const route: DaemonRoute = { path: '/', realm: undefined, help, does: openTo('It is a test.', answer) };
// @ts-expect-error A route says what it does, which says what it asks.
const silentRoute: DaemonRoute = { path: '/', realm: undefined, help };
// @ts-expect-error A handler alone asks nothing.
const handlerRoute: DaemonRoute = { path: '/', realm: undefined, help, does: answer };
// @ts-expect-error A route names its realm, or says that it has none.
const unrealmedRoute: DaemonRoute = { path: '/', help, does: openTo('It is a test.', answer) };
// @ts-expect-error There is no such realm.
const unknownRealm: DaemonRoute = { path: '/', realm: 'mesos-master', help, does: openTo('It is a test.', answer) };
// @ts-expect-error There is no such action.
const unknownAction = changes('DO_ANYTHING', () => prepareChange('DRAIN_AGENT', [{}], answer));
// @ts-expect-error What is done needs another action than the one that the entry names.
const otherAction = changes('DRAIN_AGENT', () => prepareChange('MARK_AGENT_GONE', [{}], answer));
// @ts-expect-error The object is not that of the action.
const wrongObject = prepareChange('TEARDOWN_FRAMEWORK', [{ value: 'framework' }], answer);
// @ts-expect-error A view has the filters that it names, and no others.
const unnamedFilter = shows(['VIEW_ROLE'], (_: Request, see) => ({ status: see.VIEW_TASK ? 200 : 202 }));

type Call = OperatorCall<{ readonly name: string }, { readonly type?: string }, { readonly type?: string }>;
const call: Call = { access: open('It is a test.'), answer: () => undefined };
const asking: Call = { access: asks('UPDATE_WEIGHT', () => [{ weight_info: { weight: 1 } }]), answer: () => undefined };
const view: Call = showing(['VIEW_TASK'], (_, see) => ({ type: see.VIEW_TASK ? 'SOME' : 'ALL' }));
// @ts-expect-error A call says what it asks.
const silentCall: Call = { answer: () => undefined };
// @ts-expect-error The object is not that of the action.
const wrongCall: Call = { access: asks('UPDATE_WEIGHT', () => [{ value: 'role' }]), answer: () => undefined };
// @ts-expect-error A question that the entry does not name.
const wrongQuestion = asksOneOf(['DRAIN_AGENT'], () => [{ action: 'MARK_AGENT_GONE', object: {} }]);

test('entries without an action do not compile', () => {
  const entries = [
    route,
    silentRoute,
    handlerRoute,
    unrealmedRoute,
    unknownRealm,
    unknownAction,
    wrongObject,
    otherAction,
  ];
  assert.ok([...entries, unnamedFilter, call, asking, view, silentCall, wrongCall, wrongQuestion].length > 0);
});

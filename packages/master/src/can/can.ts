/** Answers whether a principal may do something, before it tries: from the authorizer and the state that the action itself asks. */
import { type Action, aclsOf, type Question } from '@meseta/daemon';
import { HttpError, type Principal } from '@meseta/process';
import { own } from '@meseta/protocol/own';
import { Slice } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { type Fields, type FindWaiting, type UiAction, uiActions } from './table.ts';

/** So many checks at a time. */
const mostChecks = 1000;

/** An action, and what it is about. */
export interface Check {
  readonly action: UiAction;
  readonly fields: Fields;
}

/** Whether it is allowed, or a sentence that says why not. */
export type CanAnswer = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** Reads `{"checks": […]}`. @throws {HttpError} 400 that names the field. */
export function checksIn(body: unknown): readonly Check[] {
  const checks = (body as { checks?: unknown } | null)?.checks;
  if (!Array.isArray(checks)) throw invalid(`"checks" must be a list, such as {"checks": [{"action": "view_flags"}]}`);
  if (checks.length > mostChecks)
    throw invalid(`"checks" has ${checks.length} entries; at most ${mostChecks} are allowed`);
  return checks.map((check, index) => checkIn(check, `checks[${index}]`));
}

function checkIn(value: unknown, where: string): Check {
  const { action: name, ...given } = (value ?? {}) as Record<string, unknown>;
  const action = typeof name === 'string' ? own(uiActions, name) : undefined;
  if (action === undefined) throw invalid(`"${where}.action" must be one of ${Object.keys(uiActions).join(', ')}`);
  const fields: Record<string, string> = {};
  for (const field of [...action.needs, ...(action.may ?? [])]) {
    const text = given[field];
    if (typeof text === 'string') fields[field] = text;
    else if (text !== undefined) throw invalid(`"${where}.${field}" must be a text`);
    else if (action.needs.includes(field)) throw invalid(`"${where}.${field}" is missing; ${name} needs it`);
  }
  return { action, fields };
}

const invalid = (what: string) => new HttpError('PARAMETER_INVALID', `${what}\n`);

/** Answers checks in their order. */
export async function canAll(
  context: MasterContext,
  principal: Principal | undefined,
  checks: readonly Check[],
  findWaiting: FindWaiting,
): Promise<CanAnswer[]> {
  const answers: CanAnswer[] = [];
  const slice = new Slice();
  for (const check of checks) {
    answers.push(await can(context, principal, check, findWaiting));
    if (slice.isOver) await slice.giveWay();
  }
  return answers;
}

async function can(
  context: MasterContext,
  principal: Principal | undefined,
  { action, fields }: Check,
  findWaiting: FindWaiting,
): Promise<CanAnswer> {
  const who = principalIn(context, action, principal);
  try {
    const questions = action.questions(context, fields, who, findWaiting);
    const refused = await firstRefused(context, who, questions, action.suffices);
    if (refused) return { allowed: false, reason: reasonOf(context, who, refused) };
    const hidden = await firstHidden(context, who, action.seesAll ?? []);
    if (hidden) return { allowed: false, reason: reasonOf(context, who, hidden, 'may not see all') };
    action.demandState?.(context, fields, findWaiting);
    return { allowed: true };
  } catch (error) {
    if (error instanceof HttpError) return { allowed: false, reason: error.message.trim() };
    throw error;
  }
}

/** Where only one of the two realms asks who sends requests, the endpoints of the other do not know it. */
function principalIn(
  { flags }: MasterContext,
  action: UiAction,
  principal: Principal | undefined,
): Principal | undefined {
  const { authenticate_http_readonly: readonly, authenticate_http_readwrite: readwrite } = flags;
  if (readonly === readwrite) return principal;
  return (action.realm === 'readonly') === readonly ? principal : undefined;
}

/** Returns the action that is not allowed; undefined: it is. */
async function firstRefused(
  { access }: MasterContext,
  principal: Principal | undefined,
  questions: readonly Question[],
  suffices: UiAction['suffices'],
): Promise<Action | undefined> {
  let refused: Action | undefined;
  for (const { action, object } of questions) {
    const isAllowed = await access.authorize(principal, action, object);
    if (isAllowed && suffices === 'any') return undefined;
    if (isAllowed) continue;
    refused ??= action;
    if (suffices !== 'any') break;
  }
  return refused;
}

/** Returns the action whose views leave something out, or may do so; undefined: none does. */
async function firstHidden(
  { access }: MasterContext,
  principal: Principal | undefined,
  actions: readonly Action[],
): Promise<Action | undefined> {
  for (const action of actions) if ((await access.filter(principal, action)) !== undefined) return action;
  return undefined;
}

function reasonOf(
  { flags }: MasterContext,
  principal: Principal | undefined,
  action: Action,
  what = 'may not',
): string {
  const who = principal?.value === undefined ? 'Requests without a principal' : `'${principal.value}'`;
  if (flags.authorizers !== 'local' || flags.acls === undefined) {
    return `${who} ${what}: the authorizer '${flags.authorizers}' denies ${action}`;
  }
  const acls = aclsOf(flags.acls, action).map(name => `'${name}'`);
  return `${who} ${what}: ${acls.join(' and ')} of the master's --acls ${acls.length === 1 ? 'does' : 'do'} not allow it`;
}

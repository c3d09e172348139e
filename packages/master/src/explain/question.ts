import { HttpError } from '@meseta/process';
import { parseMinAllocatable, type Quantities, roleProblem, toThousandths } from '@meseta/resources';
import { sentences } from './sentences.ts';

/** What `/allocation/explain` is asked. */
export interface ExplanationQuestion {
  readonly frameworkId: string;
  /** Undefined: all roles of the framework. */
  readonly role: string | undefined;
  /** In thousandths. */
  readonly size: Quantities;
  /** Only this agent. */
  readonly agentId: string | undefined;
  /** Whether groups have the ids of their agents. */
  readonly withIds: boolean;
  /** Which agents are listed with all their reasons. */
  readonly list: {
    /** Those with this reason; `NONE`: those without one that blocks; undefined: all. */
    readonly reason: string | undefined;
    readonly offset: number;
    /** 0: none. */
    readonly limit: number;
  };
}

/** Names of parameters that are amounts. */
const amountNames = ['cpus', 'mem', 'disk', 'gpus'] as const;
const known = [
  'framework_id',
  'role',
  ...amountNames,
  'resources',
  'agent_id',
  'ids',
  'reason',
  'offset',
  'limit',
  'jsonp',
];
const mostListed = 1000;
/** How many resources an offer can be asked to have, besides those with a parameter of their own. */
const mostOthers = 20;

/** Reads the parameters. @throws {HttpError} 400, which names the parameter and what is allowed. */
export function readQuestion(query: URLSearchParams): ExplanationQuestion {
  for (const name of new Set(query.keys())) {
    if (!known.includes(name)) {
      throw new HttpError('PARAMETER_INVALID', `There is no parameter '${cut(name)}'; allowed: ${known.join(', ')}`);
    }
    if (query.getAll(name).length > 1) throw invalid(name, 'is given twice', 'one value');
  }
  const frameworkId = given(query, 'framework_id');
  if (frameworkId === undefined) {
    throw new HttpError('PARAMETER_MISSING', "Parameter 'framework_id' is missing; it is the id of a framework");
  }
  const role = given(query, 'role');
  const problem = role === undefined ? undefined : roleProblem(role);
  if (problem !== undefined) throw new HttpError('PARAMETER_INVALID', `Parameter 'role' is no role: ${problem}`);
  const ids = given(query, 'ids') ?? 'false';
  if (!/^(true|false)$/.test(ids)) throw invalid('ids', `is '${cut(ids)}'`, 'true or false');
  const reason = given(query, 'reason');
  if (reason !== undefined && reason !== 'NONE' && !Object.hasOwn(sentences, reason)) {
    throw invalid('reason', `is '${cut(reason)}'`, `NONE, ${Object.keys(sentences).join(', ')}`);
  }
  return {
    ...{ frameworkId, role, size: sizeOf(query), agentId: given(query, 'agent_id'), withIds: ids === 'true' },
    list: { reason, offset: integer(query, 'offset', 1e9), limit: integer(query, 'limit', mostListed) },
  };
}

function given(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

function sizeOf(query: URLSearchParams): Quantities {
  const size = new Map<string, number>();
  for (const name of amountNames) {
    const text = given(query, name);
    if (text === undefined) continue;
    const amount = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? toThousandths(Number(text)) : 0;
    if (amount <= 0) throw invalid(name, `is '${cut(text)}'`, 'a number above 0, such as 0.5 or 1024');
    size.set(name, amount);
  }
  for (const [name, amount] of others(given(query, 'resources') ?? '')) {
    if (size.has(name)) throw invalid('resources', `names ${name}`, `${name} in one parameter`);
    size.set(name, amount);
  }
  return size;
}

function others(text: string): Quantities {
  const allowed = `at most ${mostOthers} names with numbers above 0, such as licenses:2;bandwidth:100`;
  if (text.split(';', mostOthers + 1).length > mostOthers) throw invalid('resources', 'has too many', allowed);
  try {
    const [quantities = new Map(), ...more] = parseMinAllocatable(text);
    if (more.length === 0 && (text === '') === (quantities.size === 0)) return quantities;
  } catch (error) {
    throw invalid('resources', `cannot be read: ${(error as Error).message}`, allowed);
  }
  throw invalid('resources', `is '${cut(text)}'`, allowed);
}

function integer(query: URLSearchParams, name: string, most: number): number {
  const text = given(query, name) ?? '0';
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (value > most) throw invalid(name, `is '${cut(text)}'`, `a whole number from 0 to ${most}`);
  return value;
}

function invalid(name: string, problem: string, allowed: string): HttpError {
  return new HttpError('PARAMETER_INVALID', `Parameter '${name}' ${problem}; allowed: ${allowed}`);
}

const cut = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

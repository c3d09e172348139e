import type { AgentInfo, SchedulerAttributeConstraint, SchedulerOfferConstraints } from '@meseta/protocol';
import { type Predicate, predicateOf, type Subject } from './predicate.ts';
import { RegexError } from './regex.ts';

/** Constraints that make no sense. The message is Mesos's. */
export class OfferConstraintsError extends Error {
  override readonly name = 'OfferConstraintsError';
  readonly code = 'OFFER_CONSTRAINTS';
}

/** One constraint: whether it holds, and what it says in words. */
interface Test {
  readonly holds: (info: AgentInfo) => boolean;
  readonly text: string;
}

/** How many alternatives, and how many constraints of each, are put into words. */
const mostNamed = 5;

/**
 * Which agents a framework wants offers of. For each role: alternatives, each of them a list of constraints that all
 * must be true of the agent.
 *
 * @see Mesos src/master/allocator/mesos/offer_constraints_filter.cpp
 */
export class OfferConstraints {
  /** By role: all must hold in one of the groups. */
  readonly #groups: ReadonlyMap<string, readonly (readonly Test[])[]>;
  /** Answers given before, for as long as an agent's info stays the same object. */
  readonly #answers = new WeakMap<AgentInfo, Map<string, boolean>>();

  /**
   * @param mostInstructions `--offer_constraints_re2_max_program_size`.
   * @throws {OfferConstraintsError}
   */
  constructor({ role_constraints = {} }: SchedulerOfferConstraints, mostInstructions: number) {
    this.#groups = new Map(
      Object.entries(role_constraints).map(([role, { groups = [] }]) => {
        if (groups.length === 0) {
          throw new OfferConstraintsError(
            `'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role ${role}`,
          );
        }
        return [role, groups.map(group => groupOf(role, group.attribute_constraints ?? [], mostInstructions))];
      }),
    );
  }

  has(role: string): boolean {
    return this.#groups.has(role);
  }

  excludes(role: string, info: AgentInfo): boolean {
    const groups = this.#groups.get(role);
    if (!groups) return false;
    const answers = this.#answers.get(info) ?? new Map<string, boolean>();
    this.#answers.set(info, answers);
    let excluded = answers.get(role);
    if (excluded === undefined) {
      excluded = !groups.some(group => group.every(({ holds }) => holds(info)));
      answers.set(role, excluded);
    }
    return excluded;
  }

  /** Returns in words what an agent lacks: for each alternative, the constraints that do not hold. Bounded. */
  failures(role: string, info: AgentInfo): string[][] {
    const groups = this.#groups.get(role) ?? [];
    return groups.slice(0, mostNamed).map(group =>
      group
        .filter(({ holds }) => !holds(info))
        .slice(0, mostNamed)
        .map(({ text }) => text),
    );
  }
}

function groupOf(role: string, constraints: readonly SchedulerAttributeConstraint[], mostInstructions: number): Test[] {
  if (constraints.length === 0) {
    throw new OfferConstraintsError(
      `'OfferConstraints::RoleConstraints::groups' for role ${role}contains an empty RoleConstraints::Group`,
    );
  }
  return constraints.map(constraint => testOf(role, constraint, mostInstructions));
}

function testOf(role: string, { selector, predicate }: SchedulerAttributeConstraint, mostInstructions: number): Test {
  const subject = subjectOf(selector);
  if (typeof subject === 'string') throw invalid(role, subject);
  const test = compiled(role, () => predicateOf(predicate, mostInstructions));
  if (!test) throw invalid(role, 'Unknown predicate type');
  return { holds: info => test(subject(info)), text: textOf(selector, predicate) };
}

function textOf(
  { attribute_name, pseudoattribute_type }: SchedulerAttributeConstraint['selector'],
  predicate: SchedulerAttributeConstraint['predicate'],
): string {
  const { exists, not_exists, text_equals, text_not_equals, text_matches, text_not_matches } = predicate;
  const subject = attribute_name ?? pseudoattribute_type?.toLowerCase() ?? '';
  const demand = exists
    ? 'exists'
    : not_exists
      ? 'does not exist'
      : text_equals
        ? `is '${text_equals.value}'`
        : text_not_equals
          ? `is not '${text_not_equals.value}'`
          : text_matches
            ? `matches '${text_matches.regex}'`
            : `does not match '${text_not_matches?.regex ?? ''}'`;
  const text = `${subject} ${demand}`;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function compiled(role: string, compile: () => Predicate | undefined): Predicate | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw invalid(role, error.message, error);
  }
}

const invalid = (role: string, problem: string, cause?: Error) =>
  new OfferConstraintsError(`A role ${role} has an invalid 'AttributeConstraint': ${problem}`, cause && { cause });

/** Returns a function that reads a constraint's subject; the text of a problem when the constraint names none. */
function subjectOf({
  attribute_name,
  pseudoattribute_type,
}: SchedulerAttributeConstraint['selector']): ((info: AgentInfo) => Subject) | string {
  if (attribute_name !== undefined) return info => info.attributes?.find(({ name }) => name === attribute_name);
  switch (pseudoattribute_type) {
    case 'HOSTNAME':
      return info => info.hostname;
    case 'REGION':
      return info => info.domain?.fault_domain?.region.name;
    case 'ZONE':
      return info => info.domain?.fault_domain?.zone.name;
    case undefined:
      return "Exactly one of 'AttributeConstraint::Selector::name' or 'AttributeConstraint::Selector::pseudoattribute_type' must be set";
    default:
      return 'Unknown pseudoattribute type';
  }
}

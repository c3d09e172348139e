import type { Attribute, SchedulerAttributeConstraintPredicate } from '@meseta/protocol';
import { Regex } from './regex.ts';

/** An attribute, the value of a pseudo-attribute, or nothing where there is none. */
export type Subject = Attribute | string | undefined;

/** Tells whether a constraint holds for the attribute of an agent. */
export type Predicate = (subject: Subject) => boolean;

/**
 * What a constraint says of one attribute. Predicates about text are always true of attributes that have no text, and
 * those that deny something are true where there is no attribute.
 *
 * @returns undefined when none is set.
 * @throws {RegexError}
 */
export function predicateOf(
  predicate: SchedulerAttributeConstraintPredicate,
  mostInstructions: number,
): Predicate | undefined {
  const { exists, not_exists, text_equals, text_not_equals, text_matches, text_not_matches } = predicate;
  if (exists) return subject => subject !== undefined;
  if (not_exists) return subject => subject === undefined;
  if (text_equals) return ofText(text => text === text_equals.value, false);
  if (text_not_equals) return ofText(text => text !== text_not_equals.value, true);
  if (text_matches) {
    const regex = new Regex(text_matches.regex, mostInstructions);
    return ofText(text => regex.matches(text), false);
  }
  if (text_not_matches) {
    const regex = new Regex(text_not_matches.regex, mostInstructions);
    return ofText(text => !regex.matches(text), true);
  }
  return undefined;
}

function ofText(test: (text: string) => boolean, whenAbsent: boolean): Predicate {
  return subject => {
    if (subject === undefined) return whenAbsent;
    if (typeof subject === 'string') return test(subject);
    return subject.type !== 'TEXT' || test(subject.text?.value ?? '');
  };
}

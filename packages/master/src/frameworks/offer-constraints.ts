import type {
  SchedulerAttributeConstraint,
  SchedulerAttributeConstraintPredicate,
  SchedulerAttributeConstraintSelector,
  SchedulerOfferConstraints,
} from '@meseta/protocol';
import { type Problem, prefixed, problemOfAny } from '../offers/validation/rule.ts';

/**
 * What is wrong with the constraints a framework puts on offers.
 *
 * @param maximumLength of a regular expression: what Mesos limits by the size of the compiled program.
 * @see Mesos src/master/allocator/mesos/offer_constraints_filter.cpp
 */
export function offerConstraintsProblem(
  constraints: SchedulerOfferConstraints | undefined,
  maximumLength: number,
): Problem {
  const problem = problemOfAny(Object.entries(constraints?.role_constraints ?? {}), ([role, { groups = [] }]) => {
    if (groups.length === 0) {
      return `'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role ${role}`;
    }
    return problemOfAny(groups, ({ attribute_constraints = [] }) => {
      if (attribute_constraints.length === 0) {
        return `'OfferConstraints::RoleConstraints::groups' for role ${role}contains an empty RoleConstraints::Group`;
      }
      const invalid = `A role ${role} has an invalid 'AttributeConstraint': `;
      return prefixed(
        invalid,
        problemOfAny(attribute_constraints, constraint => constraintProblem(constraint, maximumLength)),
      );
    });
  });
  return prefixed('Offer constraints are not valid: ', problem);
}

function constraintProblem({ selector, predicate }: SchedulerAttributeConstraint, maximumLength: number): Problem {
  return selectorProblem(selector) ?? predicateProblem(predicate, maximumLength);
}

function selectorProblem({ attribute_name, pseudoattribute_type }: SchedulerAttributeConstraintSelector): Problem {
  if (attribute_name !== undefined) return undefined;
  if (pseudoattribute_type === undefined) {
    return "Exactly one of 'AttributeConstraint::Selector::name' or 'AttributeConstraint::Selector::pseudoattribute_type' must be set";
  }
  return pseudoattribute_type === 'UNKNOWN' ? 'Unknown pseudoattribute type' : undefined;
}

function predicateProblem(predicate: SchedulerAttributeConstraintPredicate, maximumLength: number): Problem {
  const regex = predicate.text_matches?.regex ?? predicate.text_not_matches?.regex;
  if (regex !== undefined) return regexProblem(regex, maximumLength);
  return Object.keys(predicate).length === 0 ? 'Unknown predicate type' : undefined;
}

function regexProblem(regex: string, maximumLength: number): Problem {
  if (regex.length > maximumLength) {
    return `Regex '${regex}' is too complex: program size of ${regex.length} is larger than maximum of ${maximumLength} allowed`;
  }
  try {
    new RegExp(regex);
    return undefined;
  } catch (error) {
    return `Failed to construct regex from pattern '${regex}': ${(error as Error).message}`;
  }
}

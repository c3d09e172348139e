import { failure, type Principal, type Response } from '@meseta/process';

/** Refuses a principal that has claims only, as that of a token; undefined: it is not one of these. */
export function principalWithoutValue(principal: Principal | undefined): Response | undefined {
  if (principal === undefined || principal.value !== undefined) return undefined;
  return failure(
    'PRINCIPAL_WITHOUT_VALUE',
    "The request's authenticated principal contains claims, but no value string." +
      ' The master currently requires that principals have a value',
  );
}

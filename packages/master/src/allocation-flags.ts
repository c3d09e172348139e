/** Types and checks of the flags of allocation. */
import { type FlagType, flagTypes } from '@meseta/flags';
import { parseMinAllocatable, roleProblem } from '@meseta/resources';

const { list } = flagTypes;

/** `role=weight` pairs; a weight is a positive number. */
export const weights: FlagType<Readonly<Record<string, number>>> = {
  placeholder: 'ROLE=N,…',
  parse(text) {
    const pairs = list
      .parse(text, () => {})
      .map(pair => {
        const [role = '', weight = '', ...rest] = pair.split('=');
        const value = Number(weight);
        if (role === '' || weight === '' || rest.length > 0 || !Number.isFinite(value) || value <= 0) {
          throw new Error(`'${pair}' is no weight; allowed: role=weight, with a weight above zero`);
        }
        const problem = roleProblem(role);
        if (problem !== undefined) throw new Error(problem);
        return [role, value] as const;
      });
    return Object.fromEntries(pairs);
  },
  format: value =>
    Object.entries(value)
      .map(([role, weight]) => `${role}=${weight}`)
      .join(','),
};

/** Returns which of `--roles` is no role. */
export function checkRoles(text: string): string | undefined {
  for (const role of list.parse(text, () => {})) {
    const problem = roleProblem(role);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Returns what is wrong with `--min_allocatable_resources`. */
export function checkMinAllocatable(text: string): string | undefined {
  try {
    parseMinAllocatable(text);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${reason}; allowed: name:number, several joined by ; and |, such as cpus:0.01|mem:32`;
  }
}

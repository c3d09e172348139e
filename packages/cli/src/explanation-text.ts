import { wrap } from '@meseta/flags/wrap';
import { printScalars } from './amounts.ts';
import { counted } from './cluster-agents.ts';
import { printable } from './table.ts';

/** The master's answer, as far as it is printed. */
export interface Explanation {
  readonly framework_id: string;
  readonly framework_name: string;
  readonly size: Readonly<Record<string, number>>;
  readonly agents: number;
  readonly roles: readonly RoleExplanation[];
  readonly roles_left_out?: number;
}

interface RoleExplanation {
  readonly role: string;
  readonly agents: number;
  readonly offerable: number;
  readonly groups: readonly Group[];
}

interface Group {
  readonly blocks: boolean;
  readonly text: string;
  readonly advice: string;
  readonly agents: number;
  readonly only: number;
  readonly causes: readonly { readonly text: string; readonly agents: number }[];
  readonly examples: readonly { readonly agent_id: string; readonly hostname?: string; readonly text: string }[];
}

/**
 * Formats an explanation for a person: for each role what can be offered, then the groups with advice and examples.
 *
 * @param width of the terminal; undefined or 0: lines are not broken.
 */
export function explanationText({ roles, size, agents, ...answer }: Explanation, width?: number): string {
  if (agents === 0) return 'No agent is known that could be offered.\n';
  const name = printable(`${answer.framework_name || 'Framework'} (${answer.framework_id})`);
  if (roles.length === 0) return `${name} has no role that you may see, and without a role it is offered nothing.\n`;
  const what = Object.keys(size).length > 0 ? `offers with ${printScalars(size)}` : 'any offer';
  const left = answer.roles_left_out
    ? [`${counted(answer.roles_left_out, 'more role')} of the framework; select one with --role.`]
    : [];
  const lines = [...roles.flatMap(role => roleLines(`${name}, role ${printable(role.role)}, ${what}:`, role)), ...left];
  return `${lines
    .flatMap(line => broken(line, width))
    .join('\n')
    .trim()}\n`;
}

function roleLines(title: string, { agents, offerable, groups }: RoleExplanation): string[] {
  const can = `${offerable} of ${counted(agents, 'agent')} can be offered by the next allocation.`;
  return [title, can, '', ...groups.flatMap(group => [...groupLines(group, agents), ''])];
}

function groupLines({ text, advice, agents, only, causes, examples, blocks }: Group, all: number): string[] {
  const alone = only > 0 && only < agents && blocks ? ` On ${counted(only, 'agent')}, nothing else is in the way.` : '';
  const subject = agents === all && all > 1 ? `All ${counted(agents, 'agent')}` : counted(agents, 'agent');
  const most = causes.map(cause => `${printable(cause.text)} on ${counted(cause.agents, 'agent')}`).join('; ');
  return [
    `${subject}: ${text}${alone}`,
    `  What to do: ${advice}`,
    ...(most === '' ? [] : [`  Most often: ${most}.`]),
    ...examples.map(
      each =>
        `  ${printable(`${each.hostname ?? 'unknown host'} (${each.agent_id})`)}${each.text && `: ${printable(each.text)}`}`,
    ),
    ...(agents > examples.length ? [`  … and ${counted(agents - examples.length, 'more agent')}`] : []),
  ];
}

/** Breaks a line for the terminal; what follows is indented as the line is. */
function broken(line: string, width: number | undefined): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  if (!width || line.length <= width) return [line];
  const more = indent === '' ? '' : `${indent}  `;
  return wrap(line, Math.max(20, width - more.length)).map((part, index) => `${index === 0 ? indent : more}${part}`);
}

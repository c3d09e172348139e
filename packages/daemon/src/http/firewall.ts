import { failure, type Request, type Response } from '@meseta/process';

/**
 * Returns the guard behind `--firewall_rules`: it answers 403 for the listed paths and for the paths below them, under
 * any of the names an endpoint has (`/state`, `/master/state`, `/state.json`).
 *
 * @param rules value of the flag; undefined lets everything pass.
 * @param delegate the actor whose routes are reached without its name.
 */
export function firewallGuard(
  rules: Readonly<Record<string, unknown>> | undefined,
  delegate: string,
): (request: Request) => Response | undefined {
  const { paths = [] } = (rules?.disabled_endpoints ?? {}) as { paths?: readonly string[] };
  const canonical = (path: string) => path.replace(/\.json(?=\/|$)/, '').replace(/(?<=.)\/$/, '');
  const disabled = paths.map(canonical);
  const covers = (rule: string, path: string) => path === rule || path.startsWith(`${rule}/`);
  return request => {
    if (disabled.length === 0) return undefined;
    const path = canonical(request.path);
    const names = [
      path,
      `/${delegate}${path}`,
      ...(covers(`/${delegate}`, path) ? [path.slice(delegate.length + 1)] : []),
    ];
    const rule = disabled.find(each => names.some(name => covers(each, name)));
    return rule === undefined ? undefined : failure('ENDPOINT_DISABLED', `Endpoint '${rule}' is disabled\n`);
  };
}

/** Opens the sessions of the web UI as a master's flags ask for. */
import { join } from 'node:path';
import type { Credentials, Realm } from '@meseta/daemon';
import type { Principal } from '@meseta/process';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { MasterFlags } from '../../flags.ts';
import { Sessions } from './sessions.ts';

const hourMs = 3_600_000;
/** A shift. Credentials of `--credentials` are looked at again for each request, so a longer session is as safe. */
const lifetimeMs = 12 * hourMs;
/** What a module knows cannot be asked again without the password: in an hour it is asked anew. */
const lifetimeOfModulesMs = hourMs;

/** Returns the realms of a browser that require authentication, the one for changes first. */
export function sessionRealms({
  authenticate_http_readwrite,
  authenticate_http_readonly,
}: MasterFlags): ReadonlySet<Realm> {
  const realms: Realm[] = [];
  if (authenticate_http_readwrite) realms.push('mesos-master-readwrite');
  if (authenticate_http_readonly) realms.push('mesos-master-readonly');
  return new Set(realms);
}

/** Opens them; their key is in `--work_dir`. @param secrets of `--credentials`. */
export function openSessions(
  flags: MasterFlags,
  { secrets, ...parts }: { readonly secrets: Credentials | undefined; readonly clock: Clock; readonly log: Logger },
): Promise<Sessions> {
  const { registry, work_dir, http_authenticators: authenticators } = flags;
  const isBuiltIn = authenticators === 'basic';
  return Sessions.open({
    ...parts,
    file: registry === 'in_memory' || work_dir === undefined ? undefined : join(work_dir, 'web_ui_sessions'),
    lifetimeMs: isBuiltIn ? lifetimeMs : lifetimeOfModulesMs,
    credentialOf({ value = '' }: Principal) {
      const secret = secrets?.get(value);
      return isBuiltIn && secret === undefined ? undefined : JSON.stringify([authenticators, secret ?? null]);
    },
  });
}

import { mesosVersion, productVersion, versionInfo } from '@meseta/system';
import { command } from '../command.ts';

/** The body of `/version`; Apache Mesos has no `meseta_version`. */
interface Versions {
  readonly version: string;
  readonly meseta_version?: string;
}

const own = { version: mesosVersion, meseta_version: productVersion };

export default command({
  name: 'version',
  summary: 'Print versions, of this command or of a running master',
  options: {
    master: { type: 'string', short: 'm', value: 'HOST:PORT', help: 'Ask this master, in place of this command' },
    json: { type: 'boolean', help: 'Print JSON' },
  },
  run: async ({ master, json }) => {
    const asked = master === undefined ? undefined : await versionsOf(master);
    const { version, meseta_version } = asked ?? own;
    const text =
      meseta_version === undefined ? `Apache Mesos ${version}` : `meseta ${meseta_version} (speaks Mesos ${version})`;
    process.stdout.write(`${json ? JSON.stringify(asked ?? versionInfo(), null, 2) : text}\n`);
    return 0;
  },
});

/** Asks a master for its versions. Loads the client only when it is needed. */
async function versionsOf(master: string): Promise<Versions> {
  const { withMaster } = await import('../master-option.ts');
  return withMaster(master, async client => (await client.http.get('/version')) as Versions);
}

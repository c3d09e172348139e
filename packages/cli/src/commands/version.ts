import { mesosVersion, productVersion, versionInfo } from '@meseta/daemon';
import { command } from '../command.ts';

export default command({
  name: 'version',
  summary: 'Print versions',
  options: { json: { type: 'boolean', help: 'Print JSON' } },
  run: async ({ json }) => {
    const text = json
      ? JSON.stringify(versionInfo(), null, 2)
      : `meseta ${productVersion} (speaks Mesos ${mesosVersion})`;
    process.stdout.write(`${text}\n`);
    return 0;
  },
});

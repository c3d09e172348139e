/** docs/running-tasks.md, on a master and an agent. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/running-tasks.md');

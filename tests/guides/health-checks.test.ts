/** The task and the commands of docs/health-checks.md. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/health-checks.md');

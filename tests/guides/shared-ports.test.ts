/** docs/shared-ports.md: two tasks on one port. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/shared-ports.md');

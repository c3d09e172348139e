/** The tasks of an operator in docs/operating.md, on a master and two agents. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/operating.md');

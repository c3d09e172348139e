/** docs/authorization.md: rules, an authorizer module, and rate limits. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/authorization.md');

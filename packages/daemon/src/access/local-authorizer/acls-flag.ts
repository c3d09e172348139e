import { type FlagType, flagTypes } from '@meseta/flags';
import { type Acls, parseAcls } from './acls.ts';

/** The type of `--acls`: JSON, `file://…` or a path, checked. */
export const aclsFlag: FlagType<Acls> = {
  placeholder: 'JSON',
  parse: (text, warn) => parseAcls(flagTypes.json.parse(text, warn), warn),
  format: ({ source }) => JSON.stringify(source),
};

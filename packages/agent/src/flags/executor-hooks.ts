import { type HookConfiguration, readHookConfiguration } from '@meseta/executor';
import { type FlagType, flagTypes } from '@meseta/flags';

/** Settings of lifecycle hooks, a JSON object. All that is wrong is said at once; secrets are never printed. */
export const executorHooks: FlagType<HookConfiguration> = {
  placeholder: 'JSON',
  secret: true,
  parse: (text, warn) => readHookConfiguration(flagTypes.json.parse(text, warn)),
  format: ({ printable }) => JSON.stringify(printable),
};

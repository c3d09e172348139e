/** What an operator can do about an engine's own words. */
const known: readonly (readonly [said: RegExp, action: string])[] = [
  [
    /no space left on device|disk quota exceeded/i,
    "the engine's disk is full: free some of it on the engine's machine, such as with 'docker system prune'",
  ],
  [
    /no matching manifest for|no match for platform|platform .* does not match|exec format error/i,
    "the image is not for the engine's kind of machine: name one that is, or build it for several",
  ],
  [
    /does not support reading/i,
    'the log driver of the container does not let its output be read: take json-file, local or journald',
  ],
  [
    /failed to initialize logging driver/i,
    'what the log driver of the container writes to does not work: start it, or take json-file or local',
  ],
  [
    /\/v2\/.*(?:dial tcp|no such host|timeout|deadline exceeded|request canceled|connection re)/i,
    "the engine does not reach the registry: check the image's name, and the name servers and proxy of the engine's machine",
  ],
  [
    /\/v2\/.*server gave HTTP response to HTTPS client/i,
    "the registry has no TLS: give it a certificate, or name it in the engine's insecure-registries",
  ],
  [
    /\/v2\/.*x509:/i,
    "the engine does not trust the registry's certificate: its authority belongs in /etc/docker/certs.d on the engine's machine",
  ],
  [
    /toomanyrequests|status: 429/i,
    'the registry limits how often it is asked: wait, use an account with a higher limit, or a mirror',
  ],
  [
    /unauthorized|authentication required|no basic auth|access denied|access .* is denied|incorrect username or password/i,
    "there is no such image, or it needs an account: of --docker_config, or of the task's .docker/config.json",
  ],
  [/manifest unknown|manifest for .* not found/i, 'the registry has no such image: check its name, tag or digest'],
  [
    /verification failed for digest/i,
    'what the registry sent is not what was asked for: push the image again, or look for a proxy that changes contents',
  ],
  [
    /invalid character .* looking for beginning of value|stopped after \d+ redirects/i,
    'that is no answer of a registry: check its name, and proxies on the way to it',
  ],
];

/** Adds what can be done to the words of an engine; leaves words alone for which nothing is known. */
export function withAdvice(said: string): string {
  const [, action] = known.find(([pattern]) => pattern.test(said)) ?? [];
  return action === undefined ? said : `${said}; ${action}`;
}

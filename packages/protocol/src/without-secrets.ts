/**
 * Removes the values of secrets from messages that are shown, such as in `/state`: what a secret is for, and the name of one
 * by reference, stay. Messages without secrets are returned as they are.
 */
import type { CommandInfo, ContainerInfo, ExecutorInfo, HealthCheck, Image, Secret, Volume } from './gen/messages.ts';

/** Returns a command without the values of its secret variables. */
export function commandWithoutSecrets(command: CommandInfo): CommandInfo {
  const variables = command.environment?.variables;
  if (!variables?.some(({ secret }) => secret?.value)) return command;
  const shown = variables.map(each => (each.secret ? { ...each, secret: withoutValue(each.secret) } : each));
  return { ...command, environment: { variables: shown } };
}

/** Returns a container without the values of its volumes' secrets, and of those for pulling its images. */
export function containerWithoutSecrets(container: ContainerInfo): ContainerInfo {
  const { volumes, mesos } = container;
  const image = mesos?.image;
  const volumesHide = volumes?.some(({ source, image: each }) => source?.secret?.value || hides(each)) ?? false;
  if (!volumesHide && !hides(image)) return container;
  return {
    ...container,
    ...(volumesHide && { volumes: volumes?.map(volumeWithoutSecrets) }),
    ...(hides(image) && { mesos: { ...mesos, image: imageWithoutSecrets(image) } }),
  } as ContainerInfo;
}

/** Returns an executor without the values of the secrets of its command and its container. */
export function executorWithoutSecrets(executor: ExecutorInfo): ExecutorInfo {
  const { command, container } = executor;
  const shownCommand = command && commandWithoutSecrets(command);
  const shownContainer = container && containerWithoutSecrets(container);
  if (shownCommand === command && shownContainer === container) return executor;
  return {
    ...executor,
    ...(shownCommand && { command: shownCommand }),
    ...(shownContainer && { container: shownContainer }),
  };
}

/** Returns a health check without the values of its command's secret variables. */
export function healthCheckWithoutSecrets(check: HealthCheck): HealthCheck {
  return check.command ? { ...check, command: commandWithoutSecrets(check.command) } : check;
}

const withoutValue = ({ value: _, ...shown }: Secret): Secret => shown;

const hides = (image: Image | undefined): image is Image => image?.docker?.config?.value !== undefined;

function imageWithoutSecrets(image: Image): Image {
  const { docker } = image;
  return docker?.config ? { ...image, docker: { ...docker, config: withoutValue(docker.config) } } : image;
}

function volumeWithoutSecrets(volume: Volume): Volume {
  const { source, image } = volume;
  return {
    ...volume,
    ...(source?.secret && { source: { ...source, secret: withoutValue(source.secret) } }),
    ...(image && { image: imageWithoutSecrets(image) }),
  };
}

/**
 * Ids. Each kind has a brand of its own, so that one kind does not pass for another. Frameworks choose some of them,
 * and they become directory names and keys, so they are checked where they enter:
 *
 * ```text
 * message, file name ──▶ WireId<'task'> ── checkId ──▶ TaskId ──▶ paths, keys of maps, state
 *                             └──────── lookups (IdMap) ────┘
 * ```
 *
 * What a message says is a {@link WireId}: of a known kind, but not checked. It is good enough to look something up
 * and to be sent on. What is found has a checked id.
 */

/** The kinds of ids. `containerKey` is the text form `parent.child` of a nested container's id. */
export type IdKind = 'agent' | 'framework' | 'executor' | 'task' | 'offer' | 'operation' | 'container' | 'containerKey';

declare const kind: unique symbol;

/** An id of a kind that went through {@link checkId}: safe as one path component. There is no such value but text. */
export type Id<K extends IdKind> = string & { readonly [kind]: K };

/** Text given as an id of a kind, unchecked. Plain text passes for it; an id of another kind does not. */
export type WireId<K extends IdKind> = string & { readonly [kind]?: K };

/** Made by the master at an agent's first registration. */
export type AgentId = Id<'agent'>;
/** Made by the master at a framework's first subscription. */
export type FrameworkId = Id<'framework'>;
/** Chosen by a framework, unique on an agent among the executors of the framework. */
export type ExecutorId = Id<'executor'>;
/** Chosen by a framework, unique among its tasks. */
export type TaskId = Id<'task'>;
/** Made by the master, of offers and inverse offers. */
export type OfferId = Id<'offer'>;
/** One part of a container's id, without its parents. */
export type ContainerValue = Id<'container'>;

/**
 * A map by ids of one kind. Its keys are checked ids, but what a message says is enough to ask it: an id that would
 * not pass the check is not in there. Make one with `new Map()`.
 */
export interface IdMap<K extends IdKind, V> extends Map<Id<K>, V> {
  get(id: WireId<K>): V | undefined;
  has(id: WireId<K>): boolean;
  delete(id: WireId<K>): boolean;
}

/** An {@link IdMap} that is only read. */
export interface ReadonlyIdMap<K extends IdKind, V> extends ReadonlyMap<Id<K>, V> {
  get(id: WireId<K>): V | undefined;
  has(id: WireId<K>): boolean;
}

/** A set of ids of one kind, to be asked as an {@link IdMap}. Make one with `new Set<TaskId>()`. */
export interface IdSet<K extends IdKind> extends Set<Id<K>> {
  has(id: WireId<K>): boolean;
  delete(id: WireId<K>): boolean;
}

const maximumLength = 255;

/**
 * Says what is wrong with an id, or nothing.
 *
 * @see Mesos src/common/validation.cpp, validateID
 */
export function idProblem(id: string): string | undefined {
  if (id === '') return 'ID must not be empty';
  // A UTF-16 unit is three bytes at most: ids come by the ten thousand, and hardly any has to be measured.
  if (id.length > maximumLength / 3 && Buffer.byteLength(id) > maximumLength)
    return `ID must not be greater than ${maximumLength} characters`;
  if (id === '.' || id === '..') return `'${id}' is disallowed`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f/\\]/.test(id)) return `'${printable(id)}' contains invalid characters`;
  return undefined;
}

/**
 * Makes an id, of the kind that the message says; of plain text, of the kind that is wanted.
 *
 * @throws {InvalidIdError} when the id cannot be a path component.
 */
export function checkId<K extends IdKind>(id: WireId<K>): Id<K> {
  checkPathComponent(id);
  return id as Id<K>;
}

/** Refuses text that is to be one component of a path, and no id. @throws {InvalidIdError} */
export function checkPathComponent(text: string): void {
  const problem = idProblem(text);
  if (problem !== undefined) throw new InvalidIdError(problem);
}

/** Text that is no id: it cannot be one component of a path. */
export class InvalidIdError extends Error {
  override readonly name = 'InvalidIdError';
  readonly code = 'INVALID_ID';
}

function printable(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}

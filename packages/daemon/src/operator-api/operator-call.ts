/** What the v1 operator APIs of master and agent have in common: one object per call in a table. */
import {
  bytes,
  empty,
  HttpError,
  type JSON_TYPE,
  PROTOBUF_TYPE,
  pieces,
  type Request,
  type Response,
} from '@meseta/process';
import { DecodeError, decode, fromJson, type MessageType, parseJson } from '@meseta/protocol';
import { type AccessControl, type Filters, unfiltered } from '../access/access-control.ts';
import type { Action } from '../access/actions.ts';
import { type Access, demand, filtersOf } from '../access/entry.ts';
import { jsonPieces, type Lazily } from '../views/json-pieces.ts';
import { encodeInPieces } from './encode-in-pieces.ts';

/** How a message is encoded. */
export type Encoding = typeof JSON_TYPE | typeof PROTOBUF_TYPE;

/** A message that a handler answers with, or nothing, or a whole response (a stream, an error). */
export type CallAnswer<Reply> = Lazily<Reply> | Response | undefined;

/** One call of an operator API. */
export interface OperatorCall<Context, Call, Reply> {
  /** The sub-message it must have. */
  readonly needs?: keyof Call & string;
  /** Returns what is wrong with a call; undefined when it is valid. */
  readonly validate?: (call: Call) => string | undefined;
  /** What is asked before the answer is given, about a call that is valid. */
  readonly access: Access<[context: Context, call: Call, request: Request]>;
  /**
   * Does it. Lists of the reply may be any iterable, see {@link Lazily}; without a reply the answer is an empty 200.
   *
   * @throws {HttpError} with the code and text to refuse with.
   */
  readonly answer: (
    context: Context,
    call: Call,
    request: Request,
    see: Filters,
  ) => CallAnswer<Reply> | Promise<CallAnswer<Reply>>;
}

/** What every call needs to be able to ask. */
export interface AskingContext {
  readonly access: AccessControl;
}

/**
 * Makes a call that shows only what its principal may see.
 *
 * @param filters by which the answer is made: the answer cannot use others.
 */
export function showing<A extends Action, Context, Call, Reply>(
  filters: readonly A[],
  answer: (
    context: Context,
    see: Filters<A>,
    call: Call,
    request: Request,
  ) => CallAnswer<NoInfer<Reply>> | Promise<CallAnswer<NoInfer<Reply>>>,
): OperatorCall<Context, Call, Reply> {
  return { access: { filters }, answer: (context, call, request, see) => answer(context, see, call, request) };
}

/** Every call by its type; `UNKNOWN` is answered with 501 and needs no object. */
export type CallTable<Context, Call extends { type?: string }, Reply> = Readonly<
  Record<Exclude<NonNullable<Call['type']>, 'UNKNOWN'>, OperatorCall<Context, Call, Reply>>
>;

/** An operator API: its messages and its calls. */
export interface OperatorApi<Context, Call extends { type?: string }, Reply> {
  readonly call: MessageType<Call>;
  readonly reply: MessageType<Reply>;
  readonly calls: CallTable<Context, Call, Reply>;
  /** Master and agent of Mesos say the same things differently. */
  readonly words: ApiWords;
}

/** What reading a call needs to know of its API. */
export type CallSyntax<Context, Call extends { type?: string }, Reply> = Pick<
  OperatorApi<Context, Call, Reply>,
  'call' | 'calls' | 'words'
>;

/** What stands before the reason of a refusal, with a colon between where it does not end in one. */
export interface ApiWords {
  readonly protobuf: string;
  readonly json: string;
  readonly conversion: string;
  readonly validation: string;
}

/**
 * Reads and checks a call.
 *
 * @throws {HttpError} 400 in Mesos's words.
 */
export function readCall<Context, Call extends { type?: string }, Reply>(
  api: CallSyntax<Context, Call, Reply>,
  encoding: Encoding,
  body: Buffer,
): Call {
  const call = readMessage(api, encoding, body);
  const problem = callProblem(api, call);
  if (problem !== undefined) throw new HttpError('CALL_INVALID', `${api.words.validation}${problem}`);
  return call;
}

/**
 * Reads the message of a call, and does not check it.
 *
 * @throws {HttpError} 400 in Mesos's words.
 */
export function readMessage<Call>(
  { call, words }: { readonly call: MessageType<Call>; readonly words: ApiWords },
  encoding: Encoding,
  body: Buffer,
): Call {
  if (encoding === PROTOBUF_TYPE) return refuse(`${words.protobuf}: `, () => decode(call, body));
  const value = refuse(words.json, () => parseJson(body));
  return refuse(words.conversion, () => fromJson(call, value));
}

function refuse<T>(words: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new HttpError('BODY_MALFORMED', `${words}${cause.message}`, { cause });
  }
}

function callProblem<Context, Call extends { type?: string }, Reply>(
  api: CallSyntax<Context, Call, Reply>,
  call: Call,
): string | undefined {
  if (call.type === undefined) return "Expecting 'type' to be present";
  const entry = callOf(api, call);
  if (entry?.needs !== undefined && call[entry.needs] === undefined) return `Expecting '${entry.needs}' to be present`;
  return entry?.validate?.(call);
}

function callOf<Context, Call extends { type?: string }, Reply>(
  { calls }: CallSyntax<Context, Call, Reply>,
  { type }: Call,
): OperatorCall<Context, Call, Reply> | undefined {
  return (calls as Partial<Record<string, OperatorCall<Context, Call, Reply>>>)[type ?? 'UNKNOWN'];
}

/**
 * Asks what a call's entry names, and gives its answer.
 *
 * @throws {HttpError} 403 when it is not allowed; what the entry throws.
 */
export async function askAndAnswer<Context extends AskingContext, Call, Reply>(
  { access: entry, answer }: OperatorCall<Context, Call, Reply>,
  context: Context,
  call: Call,
  request: Request,
): Promise<CallAnswer<Reply>> {
  const { access } = context;
  const { principal } = request;
  if ('asks' in entry) await demand(access, principal, entry.questions(context, call, request));
  const see = 'filters' in entry ? await filtersOf(access, principal, entry.filters) : unfiltered;
  return answer(context, call, request, see);
}

/** Answers a call that was read and checked: 501 for `UNKNOWN`. */
export async function answerCall<Context extends AskingContext, Call extends { type?: string }, Reply>(
  api: OperatorApi<Context, Call, Reply>,
  context: Context,
  call: Call,
  encoding: Encoding,
  request: Request,
): Promise<Response> {
  const entry = callOf(api, call);
  if (entry === undefined) throw new HttpError('CALL_NOT_BUILT', '501 Not Implemented.');
  const answer = await askAndAnswer(entry, context, call, request);
  if (answer === undefined) return empty(200);
  if ('status' in (answer as object)) return answer as Response;
  return messageResponse(api.reply, answer as Lazily<Reply>, encoding, request);
}

/** Returns a message as the body of a 200. Even a large message does not block the event loop. */
export async function messageResponse<T>(
  type: MessageType<T>,
  message: Lazily<T>,
  encoding: Encoding,
  request: Request,
): Promise<Response> {
  if (encoding === PROTOBUF_TYPE) return bytes(PROTOBUF_TYPE, await encodeInPieces(type, message));
  return pieces(jsonPieces(message), request);
}

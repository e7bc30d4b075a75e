import { type Text, formatText } from '../base/texts';

/** The kinds of failure that a method of the API may return. */
type ErrorCode =
  'not_found' | 'invalid' | 'query_syntax' | 'conflict' | 'untrusted' | 'follower' | 'unavailable' | 'io';

/** The data of a JSON-RPC error with code -32000. */
export interface RpcErrorData {
  code: ErrorCode;
  audience: 'user' | 'log';
  field?: string;
  column?: number;
  /** The Python interpreter, where that is what failed. */
  interpreter?: string;
  /** The message as a text, which is translated where it is shown. */
  text?: Text;
}

/** An expected failure. Its message says what happened, to what, and what to do about it. */
export class ApiError extends Error {
  constructor(
    readonly data: RpcErrorData,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export function hasCode(error: unknown, code: ErrorCode): error is ApiError {
  return error instanceof ApiError && error.data.code === code;
}

/** `message` is either translated already, or a text that is translated where it is shown. */
export function userError(
  code: ErrorCode,
  message: string | Text,
  details: Pick<RpcErrorData, 'field' | 'column' | 'interpreter'> = {},
): ApiError {
  if (typeof message === 'string') return new ApiError({ code, audience: 'user', ...details }, message);
  return new ApiError({ code, audience: 'user', ...details, text: message }, formatText(message));
}

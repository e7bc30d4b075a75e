import { type Text, formatText } from '../base/texts';

/** Failures that a method of the API may answer with. */
type ErrorCode =
  'not_found' | 'invalid' | 'query_syntax' | 'conflict' | 'untrusted' | 'follower' | 'unavailable' | 'io';

/** JSON-RPC error of code -32000. */
export interface RpcErrorData {
  code: ErrorCode;
  audience: 'user' | 'log';
  field?: string;
  column?: number;
  /** The Python interpreter that was tried, where that is what failed. */
  interpreter?: string;
  /** What the message says, to be looked up where it is shown. */
  text?: Text;
}

/** An expected failure that formatText: what happened, to what, what to do. */
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

/** `message`: in the language of the editor already, or for whoever shows it to look up. */
export function userError(
  code: ErrorCode,
  message: string | Text,
  details: Pick<RpcErrorData, 'field' | 'column' | 'interpreter'> = {},
): ApiError {
  if (typeof message === 'string') return new ApiError({ code, audience: 'user', ...details }, message);
  return new ApiError({ code, audience: 'user', ...details, text: message }, formatText(message));
}

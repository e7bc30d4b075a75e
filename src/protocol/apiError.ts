/** Failures that a method of the API may answer with. */
type ErrorCode =
  'not_found' | 'invalid' | 'query_syntax' | 'conflict' | 'untrusted' | 'follower' | 'unavailable' | 'io';

/** JSON-RPC error of code -32000. */
export interface RpcErrorData {
  code: ErrorCode;
  audience: 'user' | 'log';
  field?: string;
  column?: number;
}

/** An expected failure that a caller is told of: what happened, to what, what to do. */
export class ApiError extends Error {
  constructor(
    readonly data: RpcErrorData,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export function userError(code: ErrorCode, message: string, where: { field?: string; column?: number } = {}): ApiError {
  return new ApiError({ code, audience: 'user', ...where }, message);
}

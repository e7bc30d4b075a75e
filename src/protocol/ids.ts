/** Ids come from outside (scripts, sockets, file names) and become paths: everything is checked against this first. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function isId(text: unknown): text is string {
  return typeof text === 'string' && ID.test(text);
}

export const PROTOCOL_VERSION = 1;

/**
 * Secrets, recognised by name or by form, are never written down. They are kept in memory for as long as this collector
 * lives, so that such a run can be started again. The client redacts in the same way (`redaction.py`).
 */
export const REDACTED = '[redacted]';

// Vocabularies also have tokens, which are not secret.
const NO_SECRET = '(?<!pad[_-])(?<!eos[_-])(?<!bos[_-])(?<!unk[_-])(?<!sep[_-])(?<!cls[_-])(?<!mask[_-])';
const WORD = `(?:(?:api|access|secret|private|auth)[_-]?key|secret|passw(?:or)?d|passphrase|pwd|credential|${NO_SECRET}token(?![a-z]))`;
const NAME = `[\\w-]*${WORD}[\\w-]*`;
const SECRETS: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  [
    /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[a-z]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bsk-[\w-]{16,}|\bhf_\w{16,}|\bxox[a-z]-[\w-]{10,}|\bglpat-[\w-]{16,}/g,
    REDACTED,
  ],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+/g, REDACTED],
  [/(:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${REDACTED}@`],
  [new RegExp(`(${NAME}["']?\\s*[:=]\\s*)(["'][^"'\\n]{4,}["']|[^\\s"',;(){}\\[\\]]{6,})`, 'gi'), `$1${REDACTED}`],
];
const FLAG = new RegExp(`^--?${NAME}$`, 'i');
const FLAG_WITH_VALUE = new RegExp(`^((?:--?)?${NAME}=)[^]+$`, 'i');

export function redact(text: string): string {
  return SECRETS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}

export function redactArguments(words: readonly string[]): string[] {
  return words.map((word, i) => {
    if (i > 0 && FLAG.test(words[i - 1]!) && !word.startsWith('-')) return REDACTED;
    return FLAG_WITH_VALUE.test(word) ? word.replace(FLAG_WITH_VALUE, `$1${REDACTED}`) : redact(word);
  });
}

/** The arguments of runs that were launched with secrets. */
export class SecretArguments {
  private readonly known = new Map<string, string[]>();

  keep(runId: string, words: readonly string[]): void {
    if (redactArguments(words).some((word, i) => word !== words[i])) this.known.set(runId, [...words]);
  }

  /** Restores the redacted arguments; those whose secrets are not known stay as they are. */
  restored(runId: string, words: readonly string[]): string[] {
    const originals = this.known.get(runId) ?? [];
    const left = redactArguments(originals).map((word, i) => [word, originals[i]!] as const);
    return words.map((word) => {
      if (!word.includes(REDACTED)) return word;
      const at = left.findIndex(([redacted]) => redacted === word);
      return at < 0 ? word : left.splice(at, 1)[0]![1];
    });
  }
}

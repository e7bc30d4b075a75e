/** Splits arguments as they are typed: at blanks that are neither quoted nor escaped. */
import { t } from '../../base/texts';

export function splitArguments(text: string): string[] {
  const args: string[] = [];
  let current: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote === null && /\s/.test(char)) {
      if (current !== null) args.push(current);
      current = null;
    } else if (quote === null && (char === '"' || char === "'")) {
      quote = char;
      current ??= '';
    } else if (char === quote) {
      quote = null;
    } else if (char === '\\' && quote !== "'" && i + 1 < text.length) {
      i++;
      current = (current ?? '') + text.charAt(i);
    } else {
      current = (current ?? '') + char;
    }
  }
  if (quote !== null) throw new UnclosedQuote(quote);
  return current === null ? args : [...args, current];
}

export class UnclosedQuote extends Error {
  constructor(readonly quote: string) {
    super(t('unmatched {0}', quote));
  }
}

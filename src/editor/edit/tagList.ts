/** Tags as people type them: `team=nlp, draft, -old`. */
export function tagsText(tags: Record<string, string>): string {
  return Object.entries(tags)
    .map(([key, value]) => (value ? `${key}=${value}` : key))
    .join(', ');
}

/** A tag of null is to be removed. `nameless` is the first part without a name. */
export function readTags(text: string): { tags: Record<string, string | null>; nameless: string | null } {
  const tags: Record<string, string | null> = {};
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [, minus, key = '', value = ''] = /^(-?)([^=]*)=?(.*)$/.exec(part) ?? [];
    if (key.trim() === '') return { tags, nameless: part };
    tags[key.trim()] = minus ? null : value.trim();
  }
  return { tags, nameless: null };
}

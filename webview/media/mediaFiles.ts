/** A cache of runs' files that drops the least recently shown first. */
import type { Json } from '../../src/protocol/events';

const MOST_BYTES = 96 * 1024 * 1024;
/** A missing file may be written a moment later. */
const TRY_AGAIN_MS = 2000;

interface Entry {
  bytes: number;
  /** Address of an image. */
  url: string | null;
  content: Promise<Uint8Array>;
  failedAt: number | null;
}

export class MediaFiles {
  private readonly entries = new Map<string, Entry>();
  private total = 0;

  constructor(private readonly read: (run_id: string, file: string) => Promise<Uint8Array>) {}

  /** A URL for `<img>`, which treats the bytes as an image and nothing else. */
  async image(run_id: string, file: string): Promise<string> {
    const entry = this.entry(run_id, file);
    const content = await entry.content;
    entry.url ??= URL.createObjectURL(new Blob([content as Uint8Array<ArrayBuffer>], { type: typeOf(file) }));
    return entry.url;
  }

  async json(run_id: string, file: string): Promise<Json> {
    const content = await this.entry(run_id, file).content;
    return JSON.parse(new TextDecoder().decode(content)) as Json;
  }

  dispose(): void {
    for (const { url } of this.entries.values()) if (url !== null) URL.revokeObjectURL(url);
    this.entries.clear();
  }

  private entry(run_id: string, file: string): Entry {
    const known = this.entries.get(file);
    const isStale = known?.failedAt != null && performance.now() - known.failedAt > TRY_AGAIN_MS;
    this.entries.delete(file);
    const entry = known === undefined || isStale ? this.load(run_id, file) : known;
    this.entries.set(file, entry);
    return entry;
  }

  private load(run_id: string, file: string): Entry {
    const entry: Entry = { bytes: 0, url: null, failedAt: null, content: this.read(run_id, file) };
    entry.content.then(
      (content) => {
        entry.bytes = content.byteLength;
        this.total += entry.bytes;
        this.forget();
      },
      () => (entry.failedAt = performance.now()),
    );
    return entry;
  }

  private forget(): void {
    for (const [file, entry] of this.entries) {
      if (this.total <= MOST_BYTES || this.entries.size === 1) return;
      this.entries.delete(file);
      this.total -= entry.bytes;
      // An element that shows it keeps its pixels.
      if (entry.url !== null) URL.revokeObjectURL(entry.url);
    }
  }
}

/** Browsers detect the type of every image but SVG. */
function typeOf(file: string): string {
  return file.toLowerCase().endsWith('.svg') ? 'image/svg+xml' : '';
}

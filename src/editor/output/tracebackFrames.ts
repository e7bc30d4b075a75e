export interface FrameLink {
  start: number;
  length: number;
  file: string;
  line: number;
}

const FRAME = /File "([^"\n]+)", line (\d+)/g;

/** Python's `File "train.py", line 88`. */
export function findFrames(text: string): FrameLink[] {
  return [...text.matchAll(FRAME)].map((match) => ({
    start: match.index,
    length: match[0].length,
    file: match[1] ?? '',
    line: Number(match[2]),
  }));
}

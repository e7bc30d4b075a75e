/** Regroups numbers of `width` bytes so that bytes of one significance are adjacent, where deflate finds repetitions. */

/** With `xor`, each number is first combined with the previous one. */
export function shufflePlanes(bytes: Uint8Array, width: number, xor: boolean): Uint8Array {
  const count = bytes.length / width;
  const out = new Uint8Array(bytes.length);
  for (let plane = 0; plane < width; plane++) {
    let before = 0;
    for (let i = 0, from = plane, to = plane * count; i < count; i++, from += width, to++) {
      const byte = bytes[from]!;
      out[to] = xor ? byte ^ before : byte;
      before = byte;
    }
  }
  return out;
}

export function joinPlanes(planes: Uint8Array, width: number, xor: boolean): Uint8Array {
  const count = planes.length / width;
  const out = new Uint8Array(planes.length);
  for (let plane = 0; plane < width; plane++) {
    let before = 0;
    for (let i = 0, from = plane * count, to = plane; i < count; i++, from++, to += width) {
      const byte = xor ? planes[from]! ^ before : planes[from]!;
      out[to] = byte;
      before = byte;
    }
  }
  return out;
}

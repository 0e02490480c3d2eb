/**
 * SHA-1, synchronously: calls of one turn stay together, and no call waits for the digest of
 * a request that its platform has ended. Computed rather than built with the scripts: 33
 * hashes that no compression shrinks are larger than this file.
 *
 * @module
 */

/** Hashes `text` in UTF-8 into lower-case hexadecimal, as FIPS 180-4 section 6.1 describes. */
export function sha1(text: string): string {
  const message = new TextEncoder().encode(text);
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  // No text here is longer than 2^29 bytes, so the upper half of the length is zero.
  view.setUint32(bytes.length - 4, message.length * 8);

  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const w = new Int32Array(80);
  for (let at = 0; at < bytes.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
    for (let i = 16; i < 80; i++) {
      w[i] = rotated(w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!, 1);
    }
    mix(state, w);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Mixes one scheduled block into `state`. The letters are those of the standard. */
function mix(state: Int32Array, w: Int32Array): void {
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
  for (let i = 0; i < 80; i++) {
    const [f, k] = i < 20
      ? [b & c | ~b & d, 0x5a827999]
      : i < 40
      ? [b ^ c ^ d, 0x6ed9eba1]
      : i < 60
      ? [b & c | b & d | c & d, 0x8f1bbcdc]
      : [b ^ c ^ d, 0xca62c1d6];
    const next = rotated(a, 5) + f + e + k + w[i]! | 0;
    [e, d, c, b, a] = [d, c, rotated(b, 30), a, next];
  }
  [a, b, c, d, e].forEach((word, i) => state[i]! += word);
}

function rotated(word: number, bits: number): number {
  return word << bits | word >>> 32 - bits;
}

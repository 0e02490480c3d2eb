/**
 * The slot of a key, one of the 16,384 of a Redis Cluster.
 *
 * @module
 */

const table: Uint16Array = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  table[byte] = crc;
}

const utf8 = new TextEncoder();

/** Computes the slot of `key`: the CRC16 (XMODEM) of its hash tag, if it has one. */
export function slotOf(key: string): number {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open + 1);
  // An empty tag does not count: then the whole key is hashed.
  const tag = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of utf8.encode(tag)) crc = (crc << 8) ^ table[((crc >> 8) ^ byte) & 0xff]!;
  return crc & 0x3fff;
}

/**
 * SHA-256, in hex. Written out because planner imports nothing, node: modules included.
 * FIPS 180-4, https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.180-4.pdf; compared with node:crypto in its test.
 */

/** A message on its way: its bytes come piece by piece, so that a large one is never held as a whole. */
export type Sha256 = {
  readonly hash: Int32Array;
  /** Bytes of the message that do not fill a block yet. */
  readonly rest: Uint8Array;
  readonly schedule: Int32Array;
  length: number;
};

/** An empty message. */
export function openSha256(): Sha256 {
  return {
    hash: new Int32Array(initialHash),
    rest: new Uint8Array(blockBytes),
    schedule: new Int32Array(64),
    length: 0,
  };
}

/** SHA-256 of the UTF-8 bytes of a text. */
export function sha256(text: string): string {
  const message = openSha256();
  const bytes = new TextEncoder().encode(text);
  addBytes(message, bytes, bytes.length);
  return closeSha256(message);
}

const blockBytes = 64;

/** Appends the first `length` of the bytes. */
export function addBytes(message: Sha256, bytes: Uint8Array, length: number): void {
  const { hash, rest, schedule } = message;
  const waiting = message.length % blockBytes;
  message.length += length;
  let taken = 0;
  if (waiting > 0) {
    taken = Math.min(blockBytes - waiting, length);
    rest.set(bytes.subarray(0, taken), waiting);
    if (waiting + taken < blockBytes) return;
    addBlock(hash, rest, 0, schedule);
  }
  for (; taken + blockBytes <= length; taken += blockBytes) addBlock(hash, bytes, taken, schedule);
  rest.set(bytes.subarray(taken, length));
}

/** The hash of all that was added. Appended are a one bit, zeros, and the length in bits as 64 bits, to whole blocks. */
export function closeSha256(message: Sha256): string {
  const { length } = message;
  const waiting = length % blockBytes;
  const end = new Uint8Array(waiting < 56 ? blockBytes - waiting : 2 * blockBytes - waiting);
  end[0] = 0x80;
  const view = new DataView(end.buffer);
  view.setUint32(end.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(end.length - 4, (length << 3) >>> 0);
  addBytes(message, end, end.length);
  return [...message.hash].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Adds the block of 64 bytes at `offset`; `w` is room for its schedule. */
function addBlock(hash: Int32Array, bytes: Uint8Array, offset: number, w: Int32Array): void {
  for (let t = 0, at = offset; t < 16; t += 1, at += 4)
    w[t] =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
  extend(w);
  compress(hash, w);
}

function extend(w: Int32Array): void {
  for (let t = 16; t < 64; t += 1) {
    const x = w[t - 15] ?? 0;
    const y = w[t - 2] ?? 0;
    const sigma0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const sigma1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[t] = ((w[t - 16] ?? 0) + sigma0 + (w[t - 7] ?? 0) + sigma1) | 0;
  }
}

function compress(hash: Int32Array, w: Int32Array): void {
  let a = hash[0] ?? 0;
  let b = hash[1] ?? 0;
  let c = hash[2] ?? 0;
  let d = hash[3] ?? 0;
  let e = hash[4] ?? 0;
  let f = hash[5] ?? 0;
  let g = hash[6] ?? 0;
  let h = hash[7] ?? 0;
  for (let t = 0; t < 64; t += 1) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sum1 + choice + (roundConstants[t] ?? 0) + (w[t] ?? 0)) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sum0 + majority) | 0;
  }
  // Sums wrap at 32 bits when they are stored.
  hash[0] = (hash[0] ?? 0) + a;
  hash[1] = (hash[1] ?? 0) + b;
  hash[2] = (hash[2] ?? 0) + c;
  hash[3] = (hash[3] ?? 0) + d;
  hash[4] = (hash[4] ?? 0) + e;
  hash[5] = (hash[5] ?? 0) + f;
  hash[6] = (hash[6] ?? 0) + g;
  hash[7] = (hash[7] ?? 0) + h;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

const initialHash = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

const roundConstants = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

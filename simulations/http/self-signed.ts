/**
 * A certificate that signs itself, for a server on loopback: clients send bearer tokens over TLS only.
 * X.509 as in https://www.rfc-editor.org/rfc/rfc5280#section-4.1, written in DER (https://www.itu.int/rec/T-REC-X.690).
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export type Certificate = {
  /** Both in PEM. */
  readonly key: string;
  readonly certificate: string;
};

const dayMs = 24 * 60 * 60 * 1000;
const ecdsaWithSha256 = sequence(objectId([1, 2, 840, 10045, 4, 3, 2]));

/** A new key and its certificate for localhost, 127.0.0.1 and ::1, good from a day before `nowMs` for a year. */
export function selfSignedCertificate(nowMs: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(
    set(sequence(objectId([2, 5, 4, 3]), tagged(0x0c, Buffer.from('switchyard simulation')))),
  );
  const signed = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    // Positive, and without a zero in front.
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    ecdsaWithSha256,
    name,
    sequence(time(nowMs - dayMs), time(nowMs + 365 * dayMs)),
    name,
    spki,
    tagged(0xa3, sequence(...extensions(spki))),
  );
  const signature = sign('sha256', signed, privateKey);
  const der = sequence(signed, ecdsaWithSha256, bitString(signature, 0));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(der),
  };
}

/** It is its own authority, and a server's. */
function extensions(spki: Buffer): Buffer[] {
  const keyId = createHash('sha1').update(spki).digest();
  const loopback6 = Buffer.from([...Array<number>(15).fill(0), 1]);
  const names = sequence(
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
    tagged(0x87, loopback6),
  );
  const yes = tagged(0x01, Buffer.from([0xff]));
  return [
    extension([2, 5, 29, 14], octets(octets(keyId))),
    extension([2, 5, 29, 19], yes, octets(sequence(yes))),
    // digitalSignature and keyCertSign.
    extension([2, 5, 29, 15], yes, octets(bitString(Buffer.from([0x84]), 2))),
    extension([2, 5, 29, 37], octets(sequence(objectId([1, 3, 6, 1, 5, 5, 7, 3, 1])))),
    extension([2, 5, 29, 17], octets(names)),
  ];
}

function extension(id: readonly number[], ...rest: readonly Buffer[]): Buffer {
  return sequence(objectId(id), ...rest);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const shown =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...shown]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, ...parts);
}

function octets(content: Buffer): Buffer {
  return tagged(0x04, content);
}

function integer(content: Buffer): Buffer {
  return tagged(0x02, content);
}

function bitString(content: Buffer, unusedBits: number): Buffer {
  return tagged(0x03, Buffer.from([unusedBits]), content);
}

/** UTCTime, whose years end in 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

function objectId([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Seven bits a byte, all but the last marked. */
function base128(value: number): number[] {
  const low = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) low.unshift((left & 0x7f) | 0x80);
  return low;
}

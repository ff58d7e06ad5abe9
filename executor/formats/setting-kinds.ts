/** Kinds of values that settings have. The message of each says what was expected, as setting-problems.ts tells it. */
import { z } from 'zod';
import { fleetNameExpected, fleetNamePattern } from '../fleet-name.ts';

/** A text that is not empty. */
export const text = z.string({ error: 'a text' }).min(1, { error: 'a text' });

/** A whole number of a range; without `most` of any size. `unit` is part of what was expected. */
export function wholeNumber(least: number, most?: number, unit = '') {
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  const error = `a whole number ${range}${unit}`;
  const number = z.coerce.number({ error }).int({ error }).min(least, { error });
  return most === undefined ? number : number.max(most, { error });
}

/** A number above 0, fractions included. */
export function numberAboveZero(most?: number) {
  const error = most === undefined ? 'a number above 0' : `a number above 0, at most ${most}`;
  const number = z.coerce.number({ error }).positive({ error });
  return most === undefined ? number : number.max(most, { error });
}

/** One of these words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  const last = words.at(-1);
  return z.enum(words, { error: `${words.slice(0, -1).join(', ')} or ${last}` });
}

/** An address of a server. */
export const httpAddress = z
  .string()
  .refine((url) => /^https?:\/\/./.test(url) && URL.canParse(url), { error: 'http://... or https://...' });

/** A key as base64, with or without the prefix `whsec_`. */
export const signingKey = z
  .string()
  .refine((key) => keyBytes(key) > 0, { error: 'whsec_ and a key in base64' });

/** How many bytes a key has; 0: it is no base64. */
export function keyBytes(key: string): number {
  const base64 = key.replace(/^whsec_/, '');
  const isBase64 = base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64);
  return isBase64 ? Buffer.from(base64, 'base64').length : 0;
}

/** How much a process logs. */
export const logLevel = oneOf('silent', 'error', 'warn', 'info', 'debug');
export type LogLevel = z.output<typeof logLevel>;

/** The name of a fleet. */
export const fleetName = z.string().regex(fleetNamePattern, { error: fleetNameExpected });

/** Where Redis is. */
export const redisAddress = z.string().regex(/^(rediss?:\/\/.|unix:\/\/\/.|\/.)/, {
  error: 'redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH',
});

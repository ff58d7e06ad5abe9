import { BadInput } from './exit.ts';

/** A commander argument parser for whole numbers from `least` to `most`. */
export function wholeNumber(option: string, most = 999_999, least = 0): (text: string) => number {
  return (text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) > most || Number(text) < least)
      throw new BadInput(
        `${option}: ${JSON.stringify(text)}; expected a whole number from ${least} to ${most}`,
      );
    return Number(text);
  };
}

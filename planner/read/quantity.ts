/**
 * Kubernetes quantities as whole numbers, exactly (0.1 of a CPU is 100 millicores and not 100.00000000000001).
 * Grammar: https://github.com/kubernetes/apimachinery/blob/v0.34.0/pkg/api/resource/quantity.go (Quantity).
 */
const grammar = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;

/** Longer texts are refused: no quantity needs them, and arithmetic on them would take for ever. */
const lengthMax = 64;
/** 10^40 is beyond any quantity of a real object. */
const exponentMax = 40;

const binary: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/**
 * The quantity in `unit`s (cpu is counted in millicores, the rest as it is), or undefined where it is malformed or negative.
 * What is asked for is rounded up, what is offered is rounded down. Numbers beyond 2^53 - 1 are not exact and sums of them are
 * wrong: nobody can ask for so much, and who offers more offers just that.
 */
export function parseQuantity(
  written: unknown,
  unit: 'whole' | 'milli',
  round: 'up' | 'down',
): number | undefined {
  if (typeof written !== 'string' && typeof written !== 'number') return undefined;
  const text = String(written);
  const amount = parsePlain(text, unit) ?? parseAny(text, unit, round);
  if (amount === undefined || amount <= Number.MAX_SAFE_INTEGER) return amount;
  return round === 'down' ? Number.MAX_SAFE_INTEGER : undefined;
}

/** A product that is at most 2^53 is exact; rounding does not bring a larger one below it. */
const plainFactors: Readonly<Record<'whole' | 'milli', ReadonlyMap<string, number>>> = {
  whole: new Map([
    ['', 1],
    ['k', 1e3],
    ['M', 1e6],
    ['Ki', 2 ** 10],
    ['Mi', 2 ** 20],
    ['Gi', 2 ** 30],
    ['Ti', 2 ** 40],
  ]),
  milli: new Map([
    ['m', 1],
    ['', 1e3],
  ]),
};
const plainDigitsMax = 15;

/** A short whole number with a usual suffix, as nearly all quantities are; undefined for every other text. */
function parsePlain(text: string, unit: 'whole' | 'milli'): number | undefined {
  let digits = 0;
  let number = 0;
  for (; digits < text.length && digits <= plainDigitsMax; digits += 1) {
    const digit = text.charCodeAt(digits) - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  if (digits === 0 || digits > plainDigitsMax) return undefined;
  const factor = plainFactors[unit].get(digits === text.length ? '' : text.slice(digits));
  return factor === undefined ? undefined : number * factor;
}

function parseAny(text: string, unit: 'whole' | 'milli', round: 'up' | 'down'): number | undefined {
  if (text.length > lengthMax) return undefined;
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  if (sign === '-' && digits !== 0n) return undefined;
  const exponent = exponentOf(suffix) - fraction.length + (unit === 'milli' ? 3 : 0);
  if (Math.abs(exponent) > exponentMax + lengthMax) return undefined;
  return scaled(digits * (binary[suffix] ?? 1n), exponent, round);
}

/** The unit a resource is counted in: millicores for cpu, else as written (bytes, counts). */
export function unitOf(resource: string): 'whole' | 'milli' {
  return resource === 'cpu' ? 'milli' : 'whole';
}

function exponentOf(suffix: string): number {
  if (/^[eE][+-]?\d/.test(suffix)) return Number(suffix.slice(1));
  return decimal[suffix] ?? 0;
}

function scaled(digits: bigint, exponent: number, round: 'up' | 'down'): number {
  if (exponent >= 0) return Number(digits * 10n ** BigInt(exponent));
  const divisor = 10n ** BigInt(-exponent);
  const exact = digits / divisor;
  return Number(round === 'up' && exact * divisor !== digits ? exact + 1n : exact);
}

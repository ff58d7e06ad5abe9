/**
 * One column of a table that `kubectl get` prints, and what all kinds have in common.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
 */
import { isJsonObject, type JsonObject } from './json.ts';

export type Column = {
  readonly name: string;
  readonly type: 'string' | 'integer';
  /** Shown with -o wide only. */
  readonly isWide: boolean;
  readonly cell: (object: JsonObject, nowMs: number) => string | number;
};

/** A column that prints what `cell` makes of an object. */
export function column(
  name: string,
  cell: Column['cell'],
  isWide = false,
  type: Column['type'] = 'string',
): Column {
  return { name, type, isWide, cell };
}

/** The value as an object; an empty one where it is none. */
export function fields(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The objects of a list; none where it is no list. */
export function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export const none = '<none>';
export const text = (value: unknown, missing = none): string =>
  value === undefined || value === '' ? missing : String(value);
export const spec = (object: JsonObject) => fields(object.spec);
export const status = (object: JsonObject) => fields(object.status);
export const metadata = (object: JsonObject) => fields(object.metadata);

export const nameColumn = column('Name', (object) => text(metadata(object).name, ''));
export const ageColumn = column('Age', (object, nowMs) =>
  shownAge(metadata(object).creationTimestamp, nowMs),
);

/** https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go (HumanDuration) */
export function shownAge(created: unknown, nowMs: number): string {
  if (typeof created !== 'string') return '<unknown>';
  const seconds = Math.floor((nowMs - Date.parse(created)) / 1000);
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  const two = (large: string, small: number, unit: string) =>
    small === 0 ? large : `${large}${small}${unit}`;
  if (seconds < -1) return '<invalid>';
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  if (minutes < 10) return two(`${minutes}m`, seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return two(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return two(`${days}d`, hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 2920 ? two(`${years}y`, days % 365, 'd') : `${years}y`;
}

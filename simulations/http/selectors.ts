/**
 * Label and field selectors, read as apimachinery reads them.
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/labels/selector.go
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/fields/selector.go
 */
import type { StoredObject } from '../world/object-store.ts';
import type { ResourceType } from './resources.ts';

export type Selector =
  | { readonly kind: 'selector'; readonly matches: (object: StoredObject) => boolean; readonly all: boolean }
  /** The sentence of the 400 answer. */
  | { readonly kind: 'unreadable'; readonly message: string };

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;
type Token = { readonly kind: 'word' | 'symbol' | 'end'; readonly text: string };

const everything: Selector = { kind: 'selector', matches: () => true, all: true };

/** The selector of `text`; an empty or missing text selects all. */
export function readLabelSelector(text: string | null | undefined): Selector {
  if (text === null || text === undefined || text.trim() === '') return everything;
  const reader = new LabelSelectorReader(tokenize(text));
  const requirements = reader.readAll();
  if (typeof requirements === 'string') return { kind: 'unreadable', message: requirements };
  return {
    kind: 'selector',
    all: false,
    matches: (object) => requirements.every((holds) => holds(object.metadata.labels ?? {})),
  };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:(==|!=|[=(),!<>])|([^\s=(),!<>]+))/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    tokens.push(
      match[1] === undefined ? { kind: 'word', text: match[2] ?? '' } : { kind: 'symbol', text: match[1] },
    );
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

const keyPattern = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Thrown inside the reader only; readAll turns it into its message. */
class Unreadable extends Error {}

class LabelSelectorReader {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The requirements, or the sentence that says why there are none. */
  readAll(): Requirement[] | string {
    try {
      const requirements = [this.readRequirement()];
      while (this.peek().text === ',') {
        this.next();
        requirements.push(this.readRequirement());
      }
      this.expectEnd();
      return requirements;
    } catch (error) {
      if (error instanceof Unreadable) return error.message;
      throw error;
    }
  }

  private peek(): Token {
    return this.tokens[this.position] ?? { kind: 'end', text: '' };
  }

  private next(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  private expectEnd(): void {
    const token = this.peek();
    if (token.kind !== 'end')
      throw new Unreadable(
        `unable to parse requirement: found '${token.text}', expected: ',' or 'end of string'`,
      );
  }

  private readKey(): string {
    const token = this.next();
    if (token.kind !== 'word')
      throw new Unreadable(`unable to parse requirement: found '${token.text}', expected: identifier`);
    if (!keyPattern.test(token.text))
      throw new Unreadable(
        `unable to parse requirement: <nil>: Invalid value: "${token.text}": a valid label key is needed`,
      );
    return token.text;
  }

  private readRequirement(): Requirement {
    if (this.peek().text === '!') {
      this.next();
      const absent = this.readKey();
      return (labels) => !Object.hasOwn(labels, absent);
    }
    const key = this.readKey();
    const operator = this.peek();
    if (operator.kind === 'end' || operator.text === ',') return (labels) => Object.hasOwn(labels, key);
    this.next();
    return this.readOperator(key, operator);
  }

  private readOperator(key: string, operator: Token): Requirement {
    switch (operator.text) {
      case '=':
      case '==': {
        const wanted = this.readValue();
        return (labels) => Object.hasOwn(labels, key) && labels[key] === wanted;
      }
      case '!=': {
        const unwanted = this.readValue();
        return (labels) => !Object.hasOwn(labels, key) || labels[key] !== unwanted;
      }
      case 'in': {
        const wanted = this.readSet();
        return (labels) => Object.hasOwn(labels, key) && wanted.includes(labels[key] ?? '');
      }
      case 'notin': {
        const unwanted = this.readSet();
        return (labels) => !Object.hasOwn(labels, key) || !unwanted.includes(labels[key] ?? '');
      }
      case '>':
      case '<': {
        const limit = this.readInteger();
        return (labels) => {
          const found = Object.hasOwn(labels, key) ? Number.parseInt(labels[key] ?? '', 10) : Number.NaN;
          return operator.text === '>' ? found > limit : found < limit;
        };
      }
      default:
        throw new Unreadable(
          `unable to parse requirement: found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`,
        );
    }
  }

  /** A value may be missing: `key=` selects the empty value. */
  private readValue(): string {
    const token = this.peek();
    if (token.kind === 'end' || token.text === ',') return '';
    if (token.kind !== 'word')
      throw new Unreadable(`unable to parse requirement: found '${token.text}', expected: identifier`);
    return this.next().text;
  }

  private readInteger(): number {
    const token = this.next();
    if (!/^-?\d+$/.test(token.text))
      throw new Unreadable(
        `unable to parse requirement: values[0]: Invalid value: "${token.text}": for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    return Number.parseInt(token.text, 10);
  }

  private readSet(): string[] {
    if (this.next().text !== '(') throw new Unreadable("unable to parse requirement: expected: '('");
    const values: string[] = [];
    for (;;) {
      values.push(this.peek().kind === 'word' ? this.next().text : '');
      const token = this.next();
      if (token.text === ')') return values;
      if (token.text !== ',')
        throw new Unreadable(`unable to parse requirement: found '${token.text}', expected: ',' or ')'`);
    }
  }
}

/** The field selector of `text` on objects of `type`; refuses fields that this type does not offer. */
export function readFieldSelector(text: string | null | undefined, type: ResourceType): Selector {
  if (text === null || text === undefined || text === '') return everything;
  const terms: ((object: StoredObject) => boolean)[] = [];
  for (const term of text.split(',')) {
    if (term === '') continue;
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
    if (match === null)
      return { kind: 'unreadable', message: `invalid selector: '${text}'; can't understand '${term}'` };
    const [, field = '', operator, wanted = ''] = match;
    if (!offers(type, field)) return { kind: 'unreadable', message: `field label not supported: ${field}` };
    const path = field.split('.');
    terms.push((object) => (fieldOf(object, field, path) === wanted) === (operator !== '!='));
  }
  return {
    kind: 'selector',
    all: terms.length === 0,
    matches: (object) => terms.every((holds) => holds(object)),
  };
}

function offers(type: ResourceType, field: string): boolean {
  if (field === 'metadata.name') return true;
  if (field === 'metadata.namespace') return type.namespaced;
  return type.selectableFields.includes(field);
}

/** An absent field compares as its zero value, as in the server's field sets. */
function fieldOf(object: StoredObject, field: string, path: readonly string[]): string {
  let value: unknown = object;
  for (const part of path) value = isRecord(value) ? value[part] : undefined;
  if (value !== undefined && value !== null) return String(value);
  return field === 'spec.unschedulable' || field === 'spec.hostNetwork' ? 'false' : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

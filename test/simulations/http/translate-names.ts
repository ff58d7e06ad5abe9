/** Versions, UIDs and tokens that one server gave, as they are called by another: requests name what earlier answers told. */
import type { Json } from './recorded-shapes.ts';
import type { Recording } from './recordings.ts';

export type Names = {
  /** Remembers how both servers call the same in their answers to the same request. */
  readonly learn: (recorded: unknown, ours: unknown) => void;
  readonly call: (recorded: string, ours: string) => void;
  /** The request as our server has to be asked it. */
  readonly translate: (request: Recording['request']) => Recording['request'];
};

/** Begins with no names. */
export function translateNames(): Names {
  const names = new Map<string, string>();
  const translated = (value: string): string => names.get(value) ?? value;
  return {
    call: (recorded, ours) => void names.set(recorded, ours),
    learn: (recorded, ours) => {
      const [theirs, own] = [metadataOf(recorded), metadataOf(ours)];
      for (const field of ['resourceVersion', 'uid', 'continue']) {
        const [known, as] = [theirs[field], own[field]];
        if (typeof known === 'string' && typeof as === 'string') names.set(known, as);
      }
    },
    translate: (request) => {
      const query = new URLSearchParams(request.query);
      for (const [name, value] of [...query]) query.set(name, translated(value));
      const { body } = request;
      const isJson = typeof body === 'object' && body !== null;
      return {
        ...request,
        query: query.toString(),
        body: isJson ? withEach(body, translated) : body,
      };
    },
  };
}

function withEach(value: unknown, translated: (text: string) => string): unknown {
  return JSON.parse(JSON.stringify(value), (_field, each: unknown) =>
    typeof each === 'string' ? translated(each) : each,
  );
}

function metadataOf(body: unknown): Json {
  const { metadata } = (typeof body === 'object' && body !== null ? body : {}) as { metadata?: Json };
  return metadata ?? {};
}

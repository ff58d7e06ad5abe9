/** One media type of an Accept header, with its parameters: `as`, `g` and `v` name another form of the same answer. */
export type Accepted = ReadonlyMap<string, string>;

/** The media types of an Accept header, in order; their name is the parameter `type`. */
export function readAccept(accept: string): readonly Accepted[] {
  return accept.split(',').map(readMediaType);
}

function readMediaType(text: string): Accepted {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  return new Map([['type', type], ...parameters.map(splitAtEquals)]);
}

function splitAtEquals(parameter: string): [string, string] {
  const at = parameter.indexOf('=');
  return [parameter.slice(0, at), parameter.slice(at + 1)];
}

/** The form that the client wants most among those of one group and version, '' for the plain one; undefined: none that is known. */
export function wantedForm(accept: string, group: string, version: string): string | undefined {
  for (const accepted of readAccept(accept)) {
    const type = accepted.get('type') ?? '';
    const form = accepted.get('as');
    if (form === undefined && ['', '*/*', 'application/*', 'application/json'].includes(type)) return '';
    if (type === 'application/json' && accepted.get('g') === group && accepted.get('v') === version)
      return form;
  }
  return undefined;
}

import { calledAs } from './called-as.ts';
import { settings } from './settings.ts';

/** Read by commands, not by the service: no mistake beside it. */
const ofCommands = ['SWITCHYARD_URL', 'SWITCHYARD_TOKEN', 'SWITCHYARD_DEBUG'];

/** What Kubernetes sets in every pod of a namespace with a Service whose name begins with switchyard. */
const ofServices = /_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP|SCTP)\w*)?)$/;

/** More letters than this are another word. */
const LETTERS_OFF_MAX = 3;

/** A line for each variable that begins as ours do and is none of them: it would be ignored in silence. */
export function misspeltSettings(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const known = [...settings.map(([name]) => name), ...ofCommands];
  return Object.keys(environment)
    .filter((name) => name.startsWith('SWITCHYARD_') && !known.includes(name) && !ofServices.test(name))
    .sort()
    .map((name) => {
      const [best] = known
        .map((setting) => ({ setting, off: lettersOff(name, setting) }))
        .sort((left, right) => left.off - right.off);
      const hint =
        best !== undefined && best.off <= LETTERS_OFF_MAX
          ? `did you mean ${best.setting}?`
          : `${calledAs()} serve --help names them all`;
      return `${name} is no setting and is ignored; ${hint}`;
    });
}

/** How many letters have to be changed, added or left out to make one word of the other. */
function lettersOff(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [place, otherLetter] of [...other].entries()) {
      const changed = (row[place] ?? 0) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(changed, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Whether plans are the same to the byte on two versions of Node; npm brings the other one. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The oldest line of versions the project runs on. */
const oldestNode = '22';

/** Prints what each version makes of the same fleets, and returns whether they agree. */
export function sameBytes(): boolean {
  const script = fileURLToPath(new URL('./plan-digests.ts', import.meta.url));
  const here = execFileSync(process.execPath, [script], { encoding: 'utf8' });
  const npm = ['exec', '--yes', `--package=node@${oldestNode}`, '--', 'node'];
  const version = execFileSync('npm', [...npm, '--version'], { encoding: 'utf8' }).trim();
  const there = execFileSync('npm', [...npm, script], { encoding: 'utf8' });
  const plans = here.trim().split('\n');
  const differing = plans.filter((line) => !there.split('\n').includes(line));
  process.stdout.write(
    `bytes: ${plans.length} plans by Node ${process.version} and ${version}, ${differing.length} differ\n`,
  );
  for (const line of differing) process.stdout.write(`  ${line}\n`);
  return differing.length === 0;
}

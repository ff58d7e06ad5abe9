import type { TokenUser } from '../../../simulations/http/users.ts';
import type { Recording } from './recordings.ts';

/** The users of the recordings, with tokens of their own. */
export const recordedUsers: readonly TokenUser[] = [
  { token: 'token-of-admin', name: 'admin', uid: 'admin', groups: ['system:masters'] },
  { token: 'token-of-drainer', name: 'drainer', uid: 'drainer', groups: ['lab'] },
  { token: 'token-of-nobody', name: 'nobody', uid: 'nobody', groups: ['lab'] },
];

/** The token to send for who made a recording; undefined: none. */
export function tokenOf(recording: Recording): string | undefined {
  return recording.user === '(anonymous)' ? undefined : `token-of-${recording.user}`;
}

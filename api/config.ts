/** The environment as a configuration: every default explained, every mistake named. */
import { z } from 'zod';
import {
  fleetName,
  httpAddress,
  keyBytes,
  type LogLevel,
  logLevel,
  numberAboveZero,
  oneOf,
  redisAddress,
  text,
  wholeNumber,
} from '../executor/formats/setting-kinds.ts';
import { givenSettings, settingProblems } from '../executor/formats/setting-problems.ts';
import { readOwnLabels } from '../executor/own-labels.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import type { Caller } from './dependencies.ts';

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly redisUrl: string;
  readonly fleetName: string;
  readonly memberPresets: MemberPresets;
  /** Every key in Redis begins with it; the same for API and workers. */
  readonly prefix: string;
  /** An API server that wants no authentication, such as the simulated one. */
  readonly kubernetesUrl: string | undefined;
  readonly kubeconfigFile: string | undefined;
  readonly context: string | undefined;
  readonly callers: readonly Caller[];
  readonly webhookSecrets: readonly string[];
  readonly needsApproval: boolean;
  readonly approvalMs: number;
  readonly logLevel: LogLevel;
};

/** Shorter keys can be guessed. */
const SECRET_BYTES_MIN = 16;

const environment = z.object({
  // Other machines may ask only where callers can be told apart; see below.
  HOST: text.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(8080),
  REDIS_URL: redisAddress.default('redis://127.0.0.1:6379'),
  SWITCHYARD_PREFIX: z.string().default('switchyard'),
  // The name that plans, runs and the abort dialog use for the Kubernetes cluster of the kubeconfig.
  SWITCHYARD_FLEET: fleetName.default('default'),
  // None of these: KUBECONFIG, ~/.kube/config, then the service account of the pod.
  SWITCHYARD_KUBERNETES_URL: httpAddress.optional(),
  SWITCHYARD_KUBECONFIG: z.string().optional(),
  SWITCHYARD_CONTEXT: z.string().optional(),
  // Labels of members as Patroni's kubernetes.scope_label and kubernetes.role_label name them. Without: the planner's default presets.
  SWITCHYARD_SCOPE_LABEL: z.string().optional(),
  SWITCHYARD_ROLE_LABEL: z.string().optional(),
  // name=token, separated by blanks or commas. Without: no authentication, loopback only.
  SWITCHYARD_TOKENS: z.string().default(''),
  // whsec_..., several while one is being replaced. Without: no webhook is accepted.
  SWITCHYARD_WEBHOOK_SECRETS: z.string().default(''),
  // Four eyes: a run waits for another person than the one who asked for it.
  SWITCHYARD_NEEDS_APPROVAL: oneOf('yes', 'no').default('no'),
  // An approval that nobody gives within this time, or that is not used within it, is void.
  SWITCHYARD_APPROVAL_HOURS: numberAboveZero(8_760).default(72),
  LOG_LEVEL: logLevel.default('info'),
});

/** The configuration, or one line for each thing that is wrong with the environment. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
):
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'bad-config'; readonly problems: readonly string[] } {
  const given = givenSettings(env);
  const read = environment.safeParse(given);
  if (!read.success) return { kind: 'bad-config', problems: settingProblems(read.error, given) };
  const callers = readCallers(words(read.data.SWITCHYARD_TOKENS));
  const labels = readOwnLabels(read.data);
  const secrets = words(read.data.SWITCHYARD_WEBHOOK_SECRETS);
  const wrongSecret = secrets.findIndex((secret) => !isWebhookSecret(secret));
  const problems = [
    ...(wrongSecret >= 0
      ? [
          `SWITCHYARD_WEBHOOK_SECRETS: secret ${wrongSecret + 1} of ${secrets.length}; expected whsec_ and at least ${SECRET_BYTES_MIN} bytes in base64`,
        ]
      : []),
    ...(labels.kind === 'wrong' ? [labels.problem] : []),
    ...(callers === undefined
      ? ['SWITCHYARD_TOKENS: expected name=token pairs; names differ and tokens have at least 16 characters']
      : []),
    ...(callers?.length === 0 && !isLoopback(read.data.HOST)
      ? [`HOST: ${read.data.HOST} is open to other machines; set SWITCHYARD_TOKENS or use 127.0.0.1`]
      : []),
    ...(callers !== undefined && callers.length < 2 && read.data.SWITCHYARD_NEEDS_APPROVAL === 'yes'
      ? ['SWITCHYARD_NEEDS_APPROVAL: another person has to approve; SWITCHYARD_TOKENS names fewer than two']
      : []),
  ];
  if (problems.length > 0 || callers === undefined || labels.kind === 'wrong')
    return { kind: 'bad-config', problems };
  return { kind: 'config', config: configOf(read.data, callers, labels.presets) };
}

function configOf(
  env: z.output<typeof environment>,
  callers: readonly Caller[],
  memberPresets: MemberPresets,
): Config {
  return {
    host: env.HOST,
    port: env.PORT,
    redisUrl: env.REDIS_URL,
    fleetName: env.SWITCHYARD_FLEET,
    memberPresets,
    prefix: env.SWITCHYARD_PREFIX,
    kubernetesUrl: env.SWITCHYARD_KUBERNETES_URL,
    kubeconfigFile: env.SWITCHYARD_KUBECONFIG,
    context: env.SWITCHYARD_CONTEXT,
    callers,
    webhookSecrets: words(env.SWITCHYARD_WEBHOOK_SECRETS),
    needsApproval: env.SWITCHYARD_NEEDS_APPROVAL === 'yes',
    approvalMs: Math.round(env.SWITCHYARD_APPROVAL_HOURS * 3_600_000),
    logLevel: env.LOG_LEVEL,
  };
}

/** Undefined: not to be read as callers. */
function readCallers(pairs: readonly string[]): readonly Caller[] | undefined {
  const callers = pairs.map((pair) => {
    const [name = '', ...rest] = pair.split('=');
    return { name, token: rest.join('=') };
  });
  const names = new Set(callers.map((caller) => caller.name));
  const usable = callers.every((caller) => caller.name !== '' && caller.token.length >= 16);
  return usable && names.size === callers.length ? callers : undefined;
}

/** The prefix is asked for, so that a key of something else is not taken for one. */
function isWebhookSecret(secret: string): boolean {
  return secret.startsWith('whsec_') && keyBytes(secret) >= SECRET_BYTES_MIN;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function words(list: string): readonly string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '');
}

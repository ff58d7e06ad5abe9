/**
 * Configuration of a worker, from environment variables. None of them has to be set.
 */
import { z } from 'zod';
import type { Requirement } from '../planner/model.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import { parseSelector } from '../planner/rules/selector.ts';
import { wrongInCheckUrl } from './checks/check-url.ts';
import {
  fleetName,
  httpAddress,
  type LogLevel,
  logLevel,
  numberAboveZero,
  redisAddress,
  signingKey,
  text,
  wholeNumber,
} from './formats/setting-kinds.ts';
import { givenSettings, settingProblem, settingProblems } from './formats/setting-problems.ts';
import { usualLimits } from './kubernetes/rate-limit.ts';
import { readOwnLabels } from './own-labels.ts';

const environmentSchema = z.object({
  /** Redis or Valkey: redis://, rediss://, or unix:///path. */
  REDIS_URL: redisAddress.default('redis://127.0.0.1:6379'),
  /** Every key in Redis begins with it: several installations can share one server. */
  SWITCHYARD_PREFIX: text.default('switchyard'),
  /** Name of the fleet that this worker serves; plans and runs carry it. */
  SWITCHYARD_FLEET: fleetName.default('default'),
  /** A Kubernetes API server without authentication, such as the simulated one. Absent: a kubeconfig. */
  SWITCHYARD_KUBERNETES_URL: httpAddress.optional(),
  /** A kubeconfig file. Absent: KUBECONFIG, ~/.kube/config, then the service account of the pod. */
  SWITCHYARD_KUBECONFIG: text.optional(),
  /** Its context. Absent: the current one. */
  SWITCHYARD_CONTEXT: text.optional(),
  /** Requests per second to the Kubernetes API in the long run, and at once after a rest; of this process. */
  SWITCHYARD_KUBERNETES_QPS: numberAboveZero().default(usualLimits.perSecond),
  SWITCHYARD_KUBERNETES_BURST: wholeNumber(1).default(usualLimits.burst),
  /** Where the Lease of the fleet stands. */
  SWITCHYARD_LEASE_NAMESPACE: text.default('default'),
  SWITCHYARD_LEASE_NAME: text.default('switchyard'),
  /** Callback address of the pipeline. Absent: nobody is told, nodes have to come by themselves. */
  SWITCHYARD_PIPELINE_URL: httpAddress.optional(),
  /** Signs the callbacks (Standard Webhooks, `whsec_` and base64). Absent: they go unsigned. */
  SWITCHYARD_PIPELINE_SECRET: signingKey.optional(),
  /** Addresses that are told of runs (executor/news-codes.ts), separated by blanks or commas. Absent: nobody is. */
  SWITCHYARD_NOTIFY_URLS: text.optional(),
  /** Signs what they are told (Standard Webhooks, `whsec_` and base64). Absent: unsigned. */
  SWITCHYARD_NOTIFY_SECRET: signingKey.optional(),
  /** Login for POST to Patroni where `restapi.authentication` is set. */
  SWITCHYARD_PATRONI_USERNAME: text.optional(),
  SWITCHYARD_PATRONI_PASSWORD: text.optional(),
  /** File with the PEM of the authority of the members' certificates, where their API speaks TLS. */
  SWITCHYARD_PATRONI_CA: text.optional(),
  /**
   * Asked right before a primary is interrupted: {namespace}, {cluster} and {member}, the primary, are filled in, and the answer is
   * JSON (executor/checks/index.ts). Absent: nobody is asked.
   */
  SWITCHYARD_CHECK_URL: text.optional(),
  /** A transaction that has run for longer is waited for. */
  SWITCHYARD_LONGEST_TRANSACTION_SECONDS: wholeNumber(0).default(60),
  /** Labels by which the pods of backups are known, as for `kubectl -l`; they carry the label of their cluster too. Absent: none are. */
  SWITCHYARD_BACKUP_SELECTOR: text.optional(),
  /** Labels of members as Patroni's kubernetes.scope_label and kubernetes.role_label name them. Absent: the planner's default presets. */
  SWITCHYARD_SCOPE_LABEL: text.optional(),
  SWITCHYARD_ROLE_LABEL: text.optional(),
  /** Name in the journal. Absent: host and process id. */
  SWITCHYARD_WORKER_NAME: text.optional(),
  /** Passes at once. They wait for answers most of the time, so that one process carries many. */
  SWITCHYARD_CONCURRENCY: wholeNumber(1, 500).default(20),
  /**
   * A job whose worker has not renewed its lock for this long goes to another one. Longer than any stall of a healthy process;
   * after a crash this is how long a step stands still.
   */
  SWITCHYARD_LOCK_MS: wholeNumber(1_000, undefined, ' (ms)').default(15_000),
  /** How often jobs of dead workers are looked for; recovery takes at most the lock and this. */
  SWITCHYARD_STALLED_MS: wholeNumber(500, undefined, ' (ms)').default(5_000),
  /** How often the jobs of live runs are added again, in case they were lost. */
  SWITCHYARD_SWEEP_MS: wholeNumber(1, undefined, ' (ms)').default(5_000),
  /** Counters for Prometheus at /metrics of this port, on all addresses. Absent: none. */
  SWITCHYARD_METRICS_PORT: wholeNumber(0, 65_535).optional(),
  /** 10: waits and deadlines are ten times shorter, for a simulated fleet that lives ten times faster. */
  SWITCHYARD_PACE: numberAboveZero().default(1),
  /** How much the worker logs. */
  LOG_LEVEL: logLevel.default('info'),
});

export type WorkerConfig = {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly fleet: string;
  readonly kubernetesUrl?: string | undefined;
  readonly kubeconfigFile?: string | undefined;
  readonly context?: string | undefined;
  readonly kubernetesQps: number;
  readonly kubernetesBurst: number;
  readonly leaseNamespace: string;
  readonly leaseName: string;
  readonly pipelineUrl?: string | undefined;
  readonly pipelineSecret?: string | undefined;
  readonly notifyUrls: readonly string[];
  readonly notifySecret?: string | undefined;
  readonly patroniLogin?: { readonly username: string; readonly password: string } | undefined;
  readonly patroniCaFile?: string | undefined;
  readonly checkUrl?: string | undefined;
  readonly longestTransactionSeconds: number;
  readonly backupLabels?: readonly Requirement[] | undefined;
  readonly memberPresets: MemberPresets;
  readonly workerName?: string | undefined;
  readonly concurrency: number;
  readonly lockMs: number;
  readonly stalledMs: number;
  readonly sweepMs: number;
  readonly metricsPort?: number | undefined;
  readonly pace: number;
  readonly logLevel: LogLevel;
};

/** Thrown for an environment that cannot be used: a line for each setting that is wrong, all in the message. */
export class WrongSettings extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'WrongSettings';
    this.problems = problems;
  }
}

/** Returns the configuration; throws WrongSettings, which names each variable that is wrong, what was found and what was expected. */
export function readWorkerConfig(environment: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const given = givenSettings(environment);
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    throw new WrongSettings(settingProblems(parsed.error, given));
  }
  const values = parsed.data;
  const { SWITCHYARD_PATRONI_USERNAME: username, SWITCHYARD_PATRONI_PASSWORD: password } = values;
  if ((username === undefined) !== (password === undefined)) {
    throw new WrongSettings([
      'SWITCHYARD_PATRONI_USERNAME and SWITCHYARD_PATRONI_PASSWORD: set both or none',
    ]);
  }
  const labels = readOwnLabels(values);
  if (labels.kind === 'wrong') {
    throw new WrongSettings([labels.problem]);
  }
  return {
    redisUrl: values.REDIS_URL,
    prefix: values.SWITCHYARD_PREFIX,
    fleet: values.SWITCHYARD_FLEET,
    kubernetesUrl: values.SWITCHYARD_KUBERNETES_URL,
    kubeconfigFile: values.SWITCHYARD_KUBECONFIG,
    context: values.SWITCHYARD_CONTEXT,
    kubernetesQps: values.SWITCHYARD_KUBERNETES_QPS,
    kubernetesBurst: values.SWITCHYARD_KUBERNETES_BURST,
    leaseNamespace: values.SWITCHYARD_LEASE_NAMESPACE,
    leaseName: values.SWITCHYARD_LEASE_NAME,
    pipelineUrl: values.SWITCHYARD_PIPELINE_URL,
    pipelineSecret: values.SWITCHYARD_PIPELINE_SECRET,
    notifyUrls: readUrls(values.SWITCHYARD_NOTIFY_URLS ?? ''),
    notifySecret: values.SWITCHYARD_NOTIFY_SECRET,
    patroniLogin: username !== undefined && password !== undefined ? { username, password } : undefined,
    patroniCaFile: values.SWITCHYARD_PATRONI_CA,
    checkUrl: readCheckUrl(values.SWITCHYARD_CHECK_URL),
    longestTransactionSeconds: values.SWITCHYARD_LONGEST_TRANSACTION_SECONDS,
    backupLabels: readSelector(values.SWITCHYARD_BACKUP_SELECTOR),
    memberPresets: labels.presets,
    workerName: values.SWITCHYARD_WORKER_NAME,
    concurrency: values.SWITCHYARD_CONCURRENCY,
    lockMs: values.SWITCHYARD_LOCK_MS,
    stalledMs: values.SWITCHYARD_STALLED_MS,
    sweepMs: values.SWITCHYARD_SWEEP_MS,
    metricsPort: values.SWITCHYARD_METRICS_PORT,
    pace: values.SWITCHYARD_PACE,
    logLevel: values.LOG_LEVEL,
  };
}

/** The address may hold a token: the message does not tell it. */
function readCheckUrl(url: string | undefined): string | undefined {
  const wrong = url === undefined ? undefined : wrongInCheckUrl(url);
  if (wrong !== undefined) {
    throw new WrongSettings([`SWITCHYARD_CHECK_URL: ${wrong}`]);
  }
  return url;
}

/** One that selects everything would take the members themselves for backups. */
function readSelector(selector: string | undefined): readonly Requirement[] | undefined {
  const parsed = selector === undefined ? undefined : parseSelector(selector);
  if (selector !== undefined && (parsed === undefined || parsed.length === 0)) {
    const expected = 'a label selector as for kubectl -l';
    throw new WrongSettings([settingProblem('SWITCHYARD_BACKUP_SELECTOR', selector, expected)]);
  }
  return parsed;
}

/** The addresses are secrets: the message names only which of them is wrong. */
function readUrls(list: string): readonly string[] {
  const urls = list.split(/[\s,]+/).filter((word) => word !== '');
  const wrong = urls.findIndex((url) => !/^https?:\/\/./.test(url) || !URL.canParse(url));
  if (wrong >= 0) {
    throw new WrongSettings([
      `SWITCHYARD_NOTIFY_URLS: address ${wrong + 1} of ${urls.length}: expected http:// or https://`,
    ]);
  }
  return urls;
}

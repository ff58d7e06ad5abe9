/**
 * The outside of a worker: Kubernetes with its mirror, Patroni, the pipeline, and those who are told of what happens.
 */
import { readFileSync } from 'node:fs';
import { connectChecks } from './checks/index.ts';
import type { WorkerConfig } from './config.ts';
import type { Ports } from './contexts.ts';
import { eventChannel } from './event-channel.ts';
import type { RequestCounts } from './kubernetes/count-requests.ts';
import { connectKubernetes } from './kubernetes/index.ts';
import { connectPatroni } from './patroni/index.ts';
import { connectPipeline } from './pipeline/index.ts';
import { systemClock } from './system-clock.ts';
import type { Channel } from './tell-news.ts';
import { openNoticeChannel } from './webhooks/notice-channel.ts';

/** Connects to all that a worker acts on, asks and tells of. `report` hears what goes wrong with the mirror. Throws where a kubeconfig or a file is missing. */
export function connectOutside(
  config: WorkerConfig,
  report: (error: unknown) => void,
): {
  readonly ports: Omit<Ports, 'journal'>;
  readonly channels: readonly Channel[];
  readonly requestCounts: RequestCounts;
  close(): Promise<void>;
} {
  const kubernetes = connectKubernetes({
    ...(config.kubernetesUrl === undefined ? {} : { server: config.kubernetesUrl }),
    ...(config.kubeconfigFile === undefined ? {} : { kubeconfigFile: config.kubeconfigFile }),
    ...(config.context === undefined ? {} : { context: config.context }),
    lease: { namespace: config.leaseNamespace, name: config.leaseName },
    // A fleet that lives ten times faster is asked ten times as often.
    limits: { perSecond: config.kubernetesQps * config.pace, burst: config.kubernetesBurst * config.pace },
  });
  const patroni = connectPatroni({
    ...(config.patroniLogin === undefined ? {} : { authentication: config.patroniLogin }),
    ...(config.patroniCaFile === undefined ? {} : { ca: readFileSync(config.patroniCaFile, 'utf8') }),
  });
  const pipeline = connectPipeline({
    clock: systemClock,
    ...(config.pipelineUrl === undefined ? {} : { url: config.pipelineUrl }),
    ...(config.pipelineSecret === undefined ? {} : { secret: config.pipelineSecret }),
  });
  const notices = config.notifyUrls.map((url) =>
    openNoticeChannel({ url, secret: config.notifySecret, clock: systemClock }),
  );
  const activity = config.checkUrl === undefined ? undefined : connectChecks({ url: config.checkUrl });
  const closing = [kubernetes, patroni, pipeline, ...notices, ...(activity === undefined ? [] : [activity])];
  return {
    ports: {
      kubernetes,
      patroni,
      pipeline,
      mirror: kubernetes.mirror(report),
      checks: {
        activity,
        longestTransactionSeconds: config.longestTransactionSeconds,
        backupLabels: config.backupLabels,
      },
    },
    channels: [eventChannel(kubernetes), ...notices],
    requestCounts: kubernetes.requestCounts,
    close: async () => {
      await Promise.all(closing.map((each) => each.close()));
    },
  };
}

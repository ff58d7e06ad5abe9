/**
 * Composition root of the HTTP face: configuration, Redis, one fleet, server. It plans and writes down; workers act.
 *
 *   REDIS_URL=redis://127.0.0.1:6379 SWITCHYARD_FLEET=prod-eu-1 node api/main.ts
 */
import { connectKubernetes } from '../executor/kubernetes/index.ts';
import { requestsText } from '../executor/metrics/requests-text.ts';
import { openRedis } from '../executor/redis/connection.ts';
import { createRunService } from '../executor/redis/run-store.ts';
import { systemClock } from '../executor/system-clock.ts';
import { buildServer } from './build-server.ts';
import { type Config, readConfig } from './config.ts';
import { deliveriesInRedis } from './deliveries.ts';
import { VERSION } from './version.ts';

/** A listening server; its address, and how to close everything that was opened. */
export async function startApi(
  config: Config,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  // First, as a kubeconfig that is missing throws, and nothing may be open then.
  const kubernetes = connectKubernetes({
    ...(config.kubernetesUrl === undefined ? {} : { server: config.kubernetesUrl }),
    ...(config.kubeconfigFile === undefined ? {} : { kubeconfigFile: config.kubeconfigFile }),
    ...(config.context === undefined ? {} : { context: config.context }),
  });
  const redis = openRedis(config.redisUrl);
  const runs = createRunService(redis, { prefix: config.prefix });
  const app = await buildServer({
    runs,
    fleets: { list: () => [config.fleetName], read: () => kubernetes.listFleetObjects() },
    memberPresets: config.memberPresets,
    deliveries: deliveriesInRedis(redis, `${config.prefix}:delivery:`),
    clock: systemClock,
    callers: config.callers,
    webhookSecrets: config.webhookSecrets,
    needsApproval: config.needsApproval,
    approvalMs: config.approvalMs,
    storeAnswers: async () => (await redis.ping()) === 'PONG',
    version: VERSION,
    requestsText: () => requestsText(config.fleetName, kubernetes.requestCounts),
    logLevel: config.logLevel,
  });
  const close = async () => {
    await app.close();
    runs.close();
    redis.disconnect();
    await kubernetes.close();
  };
  try {
    return { url: await app.listen({ host: config.host, port: config.port }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function main(): Promise<void> {
  const read = readConfig(process.env);
  if (read.kind === 'bad-config') {
    process.stderr.write(read.problems.map((line) => `switchyard api: ${line}\n`).join(''));
    process.exitCode = 2;
    return;
  }
  const server = await startApi(read.config);
  process.stderr.write(`switchyard api: ${server.url}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void server.close());
  }
}

if (import.meta.main) await main();

/**
 * What the HTTP face is given: it builds nothing itself, so that tests and the demo can hand it a simulated world.
 */
import type { Clock, KubernetesObject } from '../executor/ports.ts';
import type { RunService } from '../executor/run-service.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import type { Deliveries } from './deliveries.ts';

/** The fleets that this server looks at. */
export type Fleets = {
  list(): readonly string[];
  /** All objects that planning reads. Throws OutsideError when the fleet does not answer. */
  read(name: string): Promise<readonly KubernetesObject[]>;
};

/** A person or a pipeline with a token of its own. */
export type Caller = { readonly name: string; readonly token: string };

export type Dependencies = {
  readonly runs: RunService;
  readonly fleets: Fleets;
  /** By what labels members are known in them. */
  readonly memberPresets: MemberPresets;
  readonly deliveries: Deliveries;
  readonly clock: Clock;
  /** Without callers there is no authentication, and main.ts listens on loopback only. */
  readonly callers: readonly Caller[];
  /** Secrets of the Standard Webhooks (`whsec_...`); several while one is being replaced; none: every webhook is refused. */
  readonly webhookSecrets: readonly string[];
  /** Runs wait for a second person. */
  readonly needsApproval: boolean;
  /** How long an approval is waited for, and holds until the start; undefined: for ever. */
  readonly approvalMs?: number;
  /** The store of plans and runs answered. */
  readonly storeAnswers: () => Promise<boolean>;
  /** What this process has asked of the fleet's API server, as lines for Prometheus; undefined: nobody counts. */
  readonly requestsText?: () => string;
  readonly version: string;
  readonly logLevel?: 'silent' | 'info' | 'warn' | 'error' | 'debug';
  /** A look at a fleet younger than this is shown again instead of a new one; viewers do not multiply requests. */
  readonly lookMaxAgeMs?: number;
  /** Silence after which a comment keeps an event stream open. */
  readonly heartbeatMs?: number;
  /** How long a viewer of events may take nothing. */
  readonly stuckMs?: number;
};

/** Who asks where there is no authentication. */
export const LOCAL_CALLER = 'local';
/** Who asks through the webhook. */
export const PIPELINE_CALLER = 'pipeline';
/** Stands for the fleet of a plan that was made from a file; no fleet can have this name. */
export const SNAPSHOT_FLEET = '(snapshot)';

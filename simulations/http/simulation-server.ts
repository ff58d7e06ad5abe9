/**
 * The side door for those who run a simulation from another process: what happened, what shall go wrong, how fast time goes.
 *
 *     GET    /simulation/state      now, role changes, evictions, outages, violations
 *     GET    /simulation/requests   the last requests that clients made, with what they were answered
 *     GET    /simulation/faults     faults that are on      POST: one more      DELETE: none any more
 *     POST   /simulation/speed      {"speed": 10}
 *     POST   /simulation/world      what goes wrong in the world itself: a fail-over, a dead node, a frozen replica, ... (world-mishaps.ts)
 */
import { z } from 'zod';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import type { HttpFault, HttpFaults } from './http-faults.ts';
import { parseJson } from './json.ts';
import type { RequestLine } from './listen.ts';
import type { Pacer } from './pacer.ts';
import { bringAbout, mishapSchema } from './world-mishaps.ts';

const effectSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    status: z.union([z.literal(429), z.literal(500), z.literal(502), z.literal(503), z.literal(504)]),
    retryAfterSeconds: z.number().int().nonnegative().optional(),
  }),
  z.strictObject({ kind: z.literal('close-before') }),
  z.strictObject({ kind: z.literal('close-after') }),
  z.strictObject({ kind: z.literal('hang'), ms: z.number().nonnegative() }),
  z.strictObject({ kind: z.literal('slow'), ms: z.number().nonnegative() }),
]);

const faultSchema = z.strictObject({
  server: z.enum(['kubernetes', 'patroni', 'pipeline']).optional(),
  method: z.string().optional(),
  path: z.string().refine(isPattern, 'no regular expression').optional(),
  times: z.number().int().positive().optional(),
  forMs: z.number().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
  effect: effectSchema,
});

const speedSchema = z.strictObject({ speed: z.number().min(0).max(10_000) });

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

export type SimulationState = {
  readonly nowMs: number;
  readonly speed: number;
  readonly roleChanges: World['roleChanges'];
  readonly evictions: World['evictions'];
  readonly outages: World['outages'];
  readonly violations: World['violations'];
};

/** Returns the function that answers below /simulation. */
export function simulationServer(simulation: {
  readonly world: World;
  readonly faults: HttpFaults;
  readonly pacer: Pacer;
  readonly requests: readonly RequestLine[];
}): (request: HttpRequest) => Answer {
  const { world, faults, pacer, requests } = simulation;
  return (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'GET /simulation/state':
        return jsonAnswer(200, stateOf(world, pacer));
      case 'GET /simulation/requests':
        return jsonAnswer(200, { requests });
      case 'GET /simulation/faults':
        return jsonAnswer(200, { faults: faults.list() });
      case 'DELETE /simulation/faults':
        faults.clear();
        return jsonAnswer(200, { faults: [] });
      case 'POST /simulation/faults': {
        const fault = faultSchema.safeParse(parseJson(request.body)?.value);
        if (!fault.success) return refused(fault.error);
        return jsonAnswer(201, { number: faults.add(withoutUndefined(fault.data)) });
      }
      case 'POST /simulation/speed': {
        const wish = speedSchema.safeParse(parseJson(request.body)?.value);
        if (!wish.success) return refused(wish.error);
        pacer.setSpeed(wish.data.speed);
        return jsonAnswer(200, { speed: pacer.speed() });
      }
      case 'POST /simulation/world': {
        const mishap = mishapSchema.safeParse(parseJson(request.body)?.value);
        if (!mishap.success) return refused(mishap.error);
        bringAbout(world, mishap.data);
        return jsonAnswer(200, { nowMs: world.nowMs() });
      }
      default:
        return jsonAnswer(404, { detail: 'no such path' });
    }
  };
}

function stateOf(world: World, pacer: Pacer): SimulationState {
  const { roleChanges, evictions, outages, violations } = world;
  return { nowMs: world.nowMs(), speed: pacer.speed(), roleChanges, evictions, outages, violations };
}

function refused(error: z.ZodError): Answer {
  return jsonAnswer(400, {
    detail: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  });
}

/** zod's optional fields may be there with the value undefined; ours may not. */
function withoutUndefined(fault: z.infer<typeof faultSchema>): HttpFault {
  const { server, method, path, times, forMs, probability, effect } = fault;
  return {
    ...(server === undefined ? {} : { server }),
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path }),
    ...(times === undefined ? {} : { times }),
    ...(forMs === undefined ? {} : { forMs }),
    ...(probability === undefined ? {} : { probability }),
    effect:
      effect.kind === 'answer' && effect.retryAfterSeconds !== undefined
        ? { kind: 'answer', status: effect.status, retryAfterSeconds: effect.retryAfterSeconds }
        : effect.kind === 'answer'
          ? { kind: 'answer', status: effect.status }
          : effect,
  };
}

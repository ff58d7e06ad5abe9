/** Loaded before a program whose event loop is to be watched: answers each message with the longest stall since the last one. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 5;
const delays = monitorEventLoopDelay({ resolution: resolutionMs });
delays.enable();
process.on('message', () => {
  process.send?.({ stallMs: Math.max(0, delays.max / 1e6 - resolutionMs) });
  delays.reset();
});
// The channel alone keeps no program alive.
process.channel?.unref();

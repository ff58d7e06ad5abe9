/** The Prometheus text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** Returns the lines of one metric: what it means, its type and its samples. */
export function metricText(
  name: string,
  type: 'gauge' | 'counter',
  meaning: string,
  samples: readonly Sample[],
): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${meaning}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

import { describe, expect, it } from 'vitest';
import { chartOf } from './chart.js';
import { chartSvg } from './chart-svg.js';
import type { GroupRow } from './sweep-data.js';
import { plan } from './testing/plans.js';

const p = plan(
  { size: [1000, 10, 100], how: ['bits', 'faults'], node: ['<a>', 'b'] },
  {
    figures: [
      { name: 'f', path: 'x' },
      { name: 'g', path: 'y' },
    ],
  },
);
const rows: GroupRow[] = [1000, 10, 100].flatMap((size) =>
  ['bits', 'faults'].flatMap((how) =>
    ['<a>', 'b'].map((node) => ({
      labels: [size, how, node],
      n: 3,
      failed: 0,
      figures: [
        { n: 3, mean: size, halfWidth: 1 },
        { n: 0, mean: null, halfWidth: null },
      ],
    })),
  ),
);

describe('a chart of a sweep', () => {
  it('has a panel for each figure and each value of the remaining axes, and a line for each of the group', () => {
    const chart = chartOf(p, rows, { x: 'size', y: ['f', 'g'], group: 'how' });
    expect(chart.xLabels).toEqual([10, 100, 1000]);
    expect(chart.lines).toEqual(['bits', 'faults']);
    expect(chart.panels.map(({ figure, title, points }) => [figure, title, points.length])).toEqual([
      ['f', 'node = <a>', 6],
      ['f', 'node = b', 6],
      ['g', 'node = <a>', 0],
      ['g', 'node = b', 0],
    ]);
    expect(chart.panels[0].points[0]).toEqual({ x: 2, line: 0, value: 1000, halfWidth: 1, n: 3 });
  });

  it('as a picture: well formed, every value in it with its interval', () => {
    const svg = chartSvg(chartOf(p, rows, { x: 'size', y: ['f', 'g'], group: 'how' }));
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).toContain('node = &lt;a&gt;');
    expect(svg.match(/<circle/g)).toHaveLength(12);
    expect(svg).toContain('1000 ± 1, n = 3');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const tag of ['g', 'text', 'title', 'svg']) {
      expect(svg.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, tag).toBe(svg.match(new RegExp(`</${tag}>`, 'g'))?.length);
    }
  });

  it('of a single value, without a group', () => {
    const svg = chartSvg(chartOf(plan({ a: [1] }, { figures: p.figures }), [{ ...rows[0], labels: [1] }], { x: 'a', y: ['f'] }));
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('asks for what there is', () => {
    expect(() => chartOf(p, rows, { x: 'siez', y: ['f'] })).toThrow(/--x siez: the sweep has no such axis[\s\S]*size, how, node/);
    expect(() => chartOf(p, rows, { x: 'size', y: ['h'] })).toThrow(/no such figure[\s\S]*f, g/);
    expect(() => chartOf(p, rows, { x: 'size', y: ['f'], group: 'size' })).toThrow(/the same axis/);
  });
});

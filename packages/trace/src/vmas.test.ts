import { describe, expect, it } from 'vitest';
import type { MapEvent } from './index.js';
import { PageSet } from './page-set.js';
import { traceVmas } from './vmas.js';

const PAGE = 4096;
const event = (op: MapEvent['op'], start: number, end: number, name: string, prot = 3): MapEvent => {
  return { op, clock: 0, start: start * PAGE, end: end * PAGE, prot, name };
};

/** `name start-end` in pages. */
function vmas(events: readonly MapEvent[], touched: readonly number[]): string[] {
  const set = new PageSet();
  for (const page of touched) set.add(page);
  return traceVmas(events, set).map(({ name, start, end }) => `${name} ${start / PAGE}-${end / PAGE}`);
}

describe('mappings of a trace', () => {
  it('what was mapped and accessible at some time, unmapped or not', () => {
    const events = [
      event('map', 10, 20, 'lib'),
      event('unmap', 10, 20, '', 0),
      event('map', 30, 40, 'anon', 0),
      event('protect', 32, 34, 'anon'),
    ];
    expect(vmas(events, [])).toEqual(['lib 10-20', 'anon 32-34']);
  });

  it('mappings of one name that touch or overlap are one; others keep to what is left for them', () => {
    const events = [event('map', 10, 20, 'lib'), event('map', 15, 22, 'anon'), event('map', 20, 30, 'lib'), event('brk', 50, 52, 'heap')];
    expect(vmas([...events, event('brk', 50, 60, 'heap')], [])).toEqual(['lib 10-20', 'anon 20-22', 'lib-2 22-30', 'heap 50-60']);
  });

  it('touched pages that no mapping is known for, near ones together, beside the known ones', () => {
    expect(vmas([event('map', 10, 20, 'lib')], [5, 12, 22, 60, 500, 501])).toEqual([
      'touched 5-6',
      'lib 10-20',
      'touched-2 22-61',
      'touched-3 500-502',
    ]);
    expect(vmas([], [])).toEqual([]);
  });

  it('stay few when touched pages lie scattered', () => {
    const scattered = Array.from({ length: 5000 }, (_, i) => i * 100);
    const result = vmas([], scattered);
    expect(result.length).toBeLessThanOrEqual(256);
  });
});

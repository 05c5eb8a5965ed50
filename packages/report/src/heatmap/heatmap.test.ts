import { UserError } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RegionRow, runOf, snapshotOf } from '../../test/build-run.js';
import { maxHeat } from './grid.js';
import { heatmap } from './heatmap.js';
import { heatmapSvg } from './svg.js';
import { heatmapCsv, heatmapJson, heatmapText } from './text.js';

const KIB = 1024;

/** Two windows; a cold range at 0, and a warmer one at 64 KiB whose hot quarter moves up. */
function smallRun(): Run {
  const hot = (quarter: number): RegionRow[] => [
    [0, 4 * KIB, 1],
    ...[0, 1, 2, 3].map((i): RegionRow => [(64 + i * 4) * KIB, (68 + i * 4) * KIB, i === quarter ? 20 : 0]),
  ];
  return runOf([snapshotOf(0, hot(0)), snapshotOf(1, hot(2))]);
}

describe('heatmap', () => {
  it('draws the hottest contiguous range', () => {
    const { maps, unit } = heatmap(smallRun(), { rows: 2, cols: 4 });
    expect(unit).toBe('hz');
    expect(maps).toHaveLength(1);
    expect(maps[0].addr).toEqual({ start: 64 * KIB, end: 80 * KIB });
    expect([...maps[0].heat]).toEqual([200, 0, 0, 0, 0, 0, 200, 0]);
  });

  it('draws every range, or the one that is asked for', () => {
    const all = heatmap(smallRun(), { range: 'all', rows: 1, cols: 1 });
    expect(all.maps.map(({ addr, heat }) => [addr.start, heat[0]])).toEqual([
      [0, 10],
      [64 * KIB, 50],
    ]);
    const { maps } = heatmap(smallRun(), { range: { start: 0, end: 128 * KIB }, rows: 1, cols: 8 });
    expect([...maps[0].heat]).toEqual([2.5, Number.NaN, Number.NaN, Number.NaN, 50, Number.NaN, Number.NaN, Number.NaN]);
  });

  it('uses samples when intervals are unknown', () => {
    const snapshots = [snapshotOf(0, [[0, 10, 3]], { sampleUs: 0, aggrUs: 0 })];
    const { maps, unit } = heatmap(runOf(snapshots, { intervals: null }), { rows: 1, cols: 1 });
    expect([unit, maps[0].heat[0]]).toEqual(['samples', 3]);
  });

  it('keeps the sum of rate × time × bytes, whatever the resolution', () => {
    const windows = fc.array(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 6 }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const resolution = fc.integer({ min: 1, max: 17 });
    fc.assert(
      fc.property(windows, resolution, resolution, fc.integer({ min: 0, max: 3000 }), (sizes, rows, cols, offset) => {
        const snapshots = sizes.map((list, index) => {
          const region = ([bytes, nrAccesses]: readonly [number, number], i: number): RegionRow => {
            const start = 1000 + list.slice(0, i).reduce((sum, [before]) => sum + before, 0);
            return [start, start + bytes, nrAccesses];
          };
          return snapshotOf(index, list.map(region));
        });
        const range = { start: 500 + offset, end: 30_000 };
        const [map] = heatmap(runOf(snapshots), { rows, cols, range }).maps;
        const pixel = ((map.endNs - map.startNs) / rows) * ((range.end - range.start) / cols);
        const drawn = map.heat.reduce((sum, heat) => sum + (Number.isNaN(heat) ? 0 : heat * pixel), 0);
        let recorded = 0;
        for (const s of snapshots) {
          s.start.forEach((start, i) => {
            const bytes = Math.min(s.end[i], range.end) - Math.max(start, range.start);
            if (bytes > 0) recorded += s.nrAccesses[i] * 10 * bytes * (s.endNs - s.startNs);
          });
        }
        expect(Math.abs(drawn - recorded)).toBeLessThanOrEqual(1e-9 * Math.max(recorded, 1));
      }),
    );
  });

  it('refuses what cannot be drawn', () => {
    expect(() => heatmap(smallRun(), { rows: 0 })).toThrow(/resolution/);
    expect(() => heatmap(smallRun(), { range: { start: 5, end: 5 } })).toThrow(/range of a heatmap is empty/);
    expect(() => heatmap(smallRun(), { time: { startNs: 5, endNs: 5 } })).toThrow(/time range/);
    expect(() => heatmap(runOf([snapshotOf(0, [])]))).toThrow(UserError);
  });
});

describe('heatmap as text', () => {
  const report = heatmap(smallRun(), { rows: 4, cols: 8 });

  it('is one line per time step and a legend', () => {
    expect(heatmapText(report, { color: false, width: 80 })).toMatchInlineSnapshot(`
      "99000000
      99000000
      00009900
      00009900
      # access_frequency: 0123456789 (0-200 hz)
      # x-axis: space [0x10000, 0x14000) (16.000 KiB)
      # y-axis: time [0 ns, 200 ms) (200 ms)
      # resolution: 8x4 (2.000 KiB and 50 ms each)
      "
    `);
  });

  it('has the same digits in colour, one escape per change', () => {
    const text = heatmapText(report, { color: true, width: 80 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the escapes that are looked for
    const escapes = /\u001b\[[0-9;]*m/g;
    expect(text.replaceAll(escapes, '')).toBe(heatmapText(report, { color: false, width: 80 }));
    expect(text.split('\n')[0].match(escapes)).toHaveLength(5);
  });

  it('leaves blank what was not monitored', () => {
    const gap = heatmap(smallRun(), { range: { start: 0, end: 80 * KIB }, rows: 1, cols: 20 });
    expect(heatmapText(gap, { color: false, width: 80 }).split('\n')[0]).toBe('1               9090');
  });
});

describe('heatmap in other formats', () => {
  const report = heatmap(smallRun(), { range: { start: 60 * KIB, end: 72 * KIB }, rows: 2, cols: 3 });

  it('is a matrix in JSON, with null for the unknown', () => {
    expect(heatmapJson(report)).toEqual({
      name: 'test',
      target_id: 0,
      unit: 'hz',
      maps: [
        {
          time_ns: [0, 200e6],
          addr: [60 * KIB, 72 * KIB],
          resolution: [2, 3],
          heat: [
            [null, 200, 0],
            [null, 0, 0],
          ],
        },
      ],
    });
  });

  it('is one pixel a line in CSV', () => {
    expect(heatmapCsv(report).split('\n').slice(0, 4)).toEqual(['time_ns,addr,heat_hz', '0,61440,', '0,65536,200', '0,69632,0']);
  });

  it('merges pixels of one colour in SVG, and escapes the name', () => {
    const svg = heatmapSvg({ ...report, name: 'a<b' });
    expect(svg).toMatch(/^<svg xmlns/);
    expect(svg).toContain('a&lt;b');
    // Unknown column: none. Column 1: hot then cold. Column 2: cold throughout.
    const pixels = svg.split('shape-rendering="crispEdges">')[1].split('</g>')[0];
    expect(pixels.match(/<rect/g)).toHaveLength(3);
    expect(maxHeat(report.maps[0])).toBe(200);
  });
});

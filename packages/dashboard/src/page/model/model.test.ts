import { ATTRIBUTION_KEYS } from '@damonlab/report';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, LAYERS, type Route, routeOf } from './route.js';
import { maxIn, stepPath, valueDuring } from './step-path.js';
import { clip, length, pan, shareOf, valueAt, zoom } from './viewport.js';

const interval = (max: number) => fc.tuple(fc.nat(max), fc.integer({ min: 1, max })).map(([start, long]) => ({ start, end: start + long }));
const view = fc.record({
  kdamond: fc.nat(),
  target: fc.option(fc.nat()),
  time: fc.option(interval(1e9)),
  addr: fc.option(interval(2 ** 30)),
  layer: fc.constantFrom(...LAYERS),
  by: fc.constantFrom(...ATTRIBUTION_KEYS),
  borders: fc.boolean(),
  span: fc.option(interval(1e9)),
  report: fc.constantFrom('summary', 'faults'),
});
const name = fc.string({ minLength: 1, unit: 'grapheme' });

describe('a route', () => {
  it('is the same after the URL, whatever the names', () => {
    const route: fc.Arbitrary<Route> = fc.oneof(
      fc.record({ page: fc.constant('runs' as const), filter: fc.string(), sort: fc.constantFrom('time', 'name') }),
      fc.record({ page: fc.constant('run' as const), run: name, view }),
      fc.record({ page: fc.constant('compare' as const), runs: fc.array(name), view }),
      fc.record({ page: fc.constant('sweep' as const), sweep: name, x: fc.string(), group: fc.string(), y: fc.array(name) }),
    );
    fc.assert(
      fc.property(route, (wanted) => {
        expect(routeOf(hashOf(wanted))).toEqual(wanted);
      }),
    );
  });

  it.each(['', '#', '#/nowhere', '#/run/', '#/run/%E0%A4%A', '#/?time=5-2'])('%s is the list of runs', (hash) => {
    expect(routeOf(hash)).toEqual({ page: 'runs', filter: '', sort: 'time' });
  });

  it('leaves out what makes no sense', () => {
    expect(routeOf('#/run/a?time=9-3&addr=-1-5&layer=x&by=y&target=z')).toEqual(routeOf('#/run/a'));
  });
});

describe('what is shown of an axis', () => {
  const whole = interval(1e6);
  const shown = whole.chain((all) =>
    fc.tuple(fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: 0.01, max: 0.1, noNaN: true })).map(([from, long]) => ({
      all,
      part: { start: valueAt(all, from), end: valueAt(all, from + long) },
    })),
  );
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  it('stays inside, and a zoom keeps the point under the pointer', () => {
    fc.assert(
      fc.property(shown, fc.double({ min: 0.05, max: 20, noNaN: true }), share, ({ all, part }, factor, at) => {
        const zoomed = zoom(part, all, factor, at, 1e-3);
        expect(zoomed.start).toBeGreaterThanOrEqual(all.start - 1e-6);
        expect(zoomed.end).toBeLessThanOrEqual(all.end + 1e-6);
        const free = zoomed.start > all.start + 1e-6 && zoomed.end < all.end - 1e-6;
        if (free) expect(Math.abs(shareOf(zoomed, valueAt(part, at)) - at)).toBeLessThan(1e-6);
        const moved = pan(part, all, (factor - 5) * 1e5);
        expect(length(moved)).toBeCloseTo(length(part), 4);
        expect(moved.start).toBeGreaterThanOrEqual(all.start - 1e-6);
        expect(moved.end).toBeLessThanOrEqual(all.end + 1e-6);
      }),
    );
  });

  it('is all of it if what is asked for lies outside', () => {
    const all = { start: 10, end: 20 };
    expect(clip({ start: 15, end: 40 }, all)).toEqual({ start: 15, end: 20 });
    expect(clip({ start: 30, end: 40 }, all)).toBe(all);
    expect(clip(null, all)).toBe(all);
  });
});

describe('a line of steps', () => {
  const series = { name: 'a', startNs: [0, 10, 30], endNs: [10, 20, 40], values: [5, 0, 10] };
  const box = { width: 100, height: 50, max: 10 };

  it('has a step for each window, and a gap where there is none', () => {
    expect(stepPath(series, { start: 0, end: 40 }, box)).toBe('M0 25H25L25 50H50M75 0H100');
    expect(stepPath(series, { start: 12, end: 35 }, { ...box, max: 0 })).toBe('M0 50H34.8M78.3 50H100');
    expect(stepPath(series, { start: 50, end: 60 }, box)).toBe('');
  });

  it('keeps peaks and stays short when many windows share a pixel', () => {
    const n = 100_000;
    const many = {
      name: 'b',
      startNs: Array.from({ length: n }, (_, i) => i),
      endNs: Array.from({ length: n }, (_, i) => i + 1),
      values: Array.from({ length: n }, (_, i) => (i === 54_321 ? 10 : 1)),
    };
    const path = stepPath(many, { start: 0, end: n }, box);
    expect(path.length).toBeLessThan(4000);
    expect(path.match(/V0(?!\d)/g)).toHaveLength(1);
  });

  it('has a value and a greatest one', () => {
    expect([0, 9, 10, 25, 39, 40].map((ns) => valueDuring(series, ns))).toEqual([5, 5, 0, null, 10, null]);
    expect(maxIn([series], { start: 0, end: 30 })).toBe(5);
    expect(maxIn([series], { start: 0, end: 31 })).toBe(10);
  });
});

import { expect, it } from 'vitest';
import { accessTruthOf, attributionOf, runOf, snapshotOf } from '../../test/build-run.js';
import { renderReport } from '../reports.js';

it('of many regions the text shows those that matter, and says how many it leaves out', () => {
  const places = Array.from({ length: 40 }, (_, i) => i);
  const run = runOf([snapshotOf(0, [[0, 4000, 1]])], {
    attribution: [attributionOf(0, [[0, 100, 0, 1, false, 1000]])],
    accessTruth: [
      accessTruthOf(
        0,
        places.map((i) => [`r${i}`, 100 * i, 100 * i + 100, 0, 1, false, i === 7 ? 1000 : 1]),
      ),
    ],
  });
  const text = renderReport('attribution', run, 'text', {}, { color: false, width: 80 });
  expect(text.match(/^r\d+/gm)).toEqual(['r0', 'r7']);
  expect(text).toMatch(/^# 38 regions with less than 1 % /m);
  expect(renderReport('attribution', run, 'csv', {}, { color: false, width: 80 })).toMatch(/^r39,/m);
});

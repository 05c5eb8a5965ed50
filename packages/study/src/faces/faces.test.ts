import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate.js';
import { TOY, type ToyWorld, toySamples } from '../testing/toy-study.js';
import { renderStudy, studyFiles } from './index.js';
import { wrap } from './text.js';

function result(world: ToyWorld = {}, quick = false) {
  const { plan, samples } = toySamples(quick, world);
  return evaluate(TOY, quick, plan, samples);
}
const text = renderStudy(result(), 'text');

describe('text', () => {
  it('begins with the question and the number of runs', () => {
    expect(text.split('\n').slice(0, 2)).toEqual([
      '# study toy: Which rule is best?',
      '# 96 runs; means over 12 seeds with 95 % confidence intervals',
    ]);
  });

  it('has the headline figures only, a row for each combination of the other axes', () => {
    expect(text).toMatch(/^# error of everything, pp\n# workload +slow +fair +fast\nsmall( +\d\d\.\d \[\d\d\.\d, \d\d\.\d\]){3}\nbig/m);
    expect(text).not.toMatch(/^# speed, 1\/s$/m);
  });

  it('says in words that no difference was seen, and which would have been', () => {
    expect(text).toMatch(/^small +rule fair -> slow +[45]\.\d \[[45]\.\d, [56]\.\d\] +\d+\.\d$/m);
    expect(text).toMatch(/^small +rule fair -> fast .*no difference seen: one of 0\.\d pp would have been$/m);
    const paragraph = text.replaceAll(/\s+/g, ' ');
    expect(paragraph).toMatch(
      /everything is smallest at rule fa(ir|st): [67]\d\.\d pp \[[\d., ]+\], but no difference from fa(ir|st) was seen \(one of 0\.\d pp/,
    );
    expect(paragraph).toMatch(/The speed is largest at rule fa(ir|st): 9\d\d 1\/s/);
    expect(paragraph).toMatch(/By workload, the error of everything is [67]\d\.\d pp \[[\d., ]+\] \(small\) and/);
  });

  it('says what agrees with what was published, what differs, and what this size of the study cannot tell', () => {
    expect(text).toMatch(
      /^# agree: fair halves .* \(a mail\): ratio of the speed 1\.0\d\d \[.*\], expected at least 0\.900 and at most 1\.100$/m,
    );
    expect(text).toMatch(/^# differ: slow is without error \(a mail\): error of everything \d\d\.\d pp \[.*\], expected at most 1\.0$/m);
    expect(text).toMatch(/^# agree: big is fast/m);
    expect(renderStudy(result({}, true), 'text')).toMatch(/^# not asked: big is fast \(a mail\): these runs are not in the quick study$/m);
    expect(renderStudy(result(), 'md')).toMatch(/^- differ: slow is without error/m);
  });

  it('says which controls failed', () => {
    expect(text).toContain('\ncontrols: passed\n');
    expect(renderStudy({ ...result(), controls: [] }, 'text')).toContain('\ncontrols: none\n');
    const failed = renderStudy(result({ damage: 0 }), 'text');
    expect(failed).toContain('controls: FAILED: forgets half (small, fair, 7.3); forgets half (small, fair, 7.3)\n');
    expect(failed).toMatch(/^# FAILED: forgets half \(small, fair, 7\.3\): error of everything: no difference seen/m);
  });

  it('wraps words', () => {
    expect(wrap('aa bb ccccccc d', 5)).toBe('aa bb\nccccccc\nd');
  });
});

describe('data', () => {
  const json = JSON.parse(renderStudy(result(), 'json'));

  it('as JSON: one object with everything', () => {
    expect(json).toMatchObject({ study: 'toy', nr_seeds: 12, nr_runs: 96, controls_passed: true });
    expect(json.values).toHaveLength(6 * 3);
    expect(json.conclusion).toContain('The error of everything is smallest');
  });

  it('as CSV: a row for each value and difference, with the numbers of the JSON', () => {
    const [header, ...rows] = renderStudy(result(), 'csv').trimEnd().split('\n');
    expect(header).toBe('row,workload,rule,kernel,figure,unit,n,mean,low,high,d_z,detectable');
    expect(rows).toHaveLength(json.values.length + json.comparisons.length);
    expect(rows[0]).toBe(`mean,small,slow,7.3,error,pp,12,${json.values[0].mean},${json.values[0].low},${json.values[0].high},,`);
    expect(rows.filter((row) => row.startsWith('difference,small,fair -> slow,,error,pp,12,'))).toHaveLength(1);
  });

  it('as Markdown: a table of each figure', () => {
    const markdown = renderStudy(result(), 'md');
    for (const title of ['error of everything, pp', 'speed, 1/s', 'what only some have'])
      expect(markdown).toContain(`### ${title}\n\n| workload |`);
    const widths = markdown.split('\n').flatMap((line) => (line.startsWith('| small') ? [line.split('|').length] : []));
    expect(new Set(widths.slice(0, 3))).toEqual(new Set([6]));
  });
});

describe('plots', () => {
  const files = studyFiles(result());
  const svg = String(files.get('toy-rules.svg'));

  it('are files beside all formats', () => {
    expect([...files.keys()]).toEqual(['toy.txt', 'toy.json', 'toy.csv', 'toy.md', 'toy-rules.svg']);
  });

  it('draw each mean with its interval, on white, with titles and units', () => {
    expect(svg).toMatch(/^<svg [\s\S]*fill="#ffffff"[\s\S]*<\/svg>\n$/);
    expect(svg).toContain('Error &amp; rule');
    expect(svg).toContain('percentage points');
    // Two figures, two panels, three points each; one series, which the legend names.
    expect(svg.match(/<path d="M[^"]*" transform="translate/g)).toHaveLength(2 * 2 * 3 + 1);
    expect(svg.match(/stroke-width="1.5"/g)).toHaveLength(2 * 2);
    expect(svg).toContain('kernel 7.3');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('show the levels that are asked for', () => {
    const whole = result();
    const drawn = (levels?: readonly string[]): string => {
      const plot = { ...whole.study.plots[0], x: 'kernel', color: 'rule', ...(levels && { levels }) };
      return String(studyFiles({ ...whole, study: { ...whole.study, plots: [plot] } }).get('toy-rules.svg'));
    };
    const legend = (plot: string) => [...plot.matchAll(/>(rule \w+)<\/text>/g)].map(([, name]) => name);
    expect(legend(drawn())).toEqual(['rule slow', 'rule fair', 'rule fast']);
    expect(legend(drawn(['fair']))).toEqual(['rule fair']);
    const marks = (plot: string) => plot.match(/<path d="M[^"]*" transform="translate/g)?.length;
    expect([marks(drawn()), marks(drawn(['fair']))]).toEqual([2 * 2 * 3 + 3, 2 * 2 + 1]);
  });
});

import { describe, expect, it } from 'vitest';
import { docExamples, excerpt } from './doc-examples.js';

describe('examples in a document', () => {
  it('are commands of ours, with the output right behind them', () => {
    const readme = [
      'npm no\n```sh\nnpm start   # both steps\nls\n```\n',
      '```sh\nnpx damonlab run a.cfg\n```\n\n```text\nrun a\n```\n',
      'words\n```text\nno output\n```\n```sh\ndamo report wss\n```\n```json\nnpm no\n```\n',
    ].join('\n');
    expect(docExamples(readme)).toEqual([
      { commands: ['npm start'], output: null },
      { commands: ['npx damonlab run a.cfg'], output: 'run a\n' },
    ]);
  });

  it('show all of the output, or parts of it', () => {
    const printed = 'run x\nkernel 7\nwss 5\nwss 6\nend\n';
    expect(excerpt(printed, 'a\nb\n')).toBe(printed);
    expect(excerpt(printed, 'run old\n…\n')).toBe('run x\n…\n');
    expect(excerpt(printed, 'old\nolder\n…\nend\n')).toBe('run x\nkernel 7\n…\nend\n');
    expect(excerpt(printed, '…\nwss old\nwss older\n…\n')).toBe('…\nwss 5\nwss 6\n…\n');
    expect(excerpt(printed, '…\ngone 1\n…\n')).toBe('…\n');
  });
});

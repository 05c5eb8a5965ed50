/**
 * `npm run bench [-- --quick] [--only NAME]... [--json]`: each file of infra/bench/ that exports `run` is a section.
 * Builds first; the native yardstick is compiled where a C compiler is.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, main, prepare, ROOT, readIfThere, StepError } from './lib.mjs';
import { compileNative } from './native/native.mjs';
import { formatTable } from './table.mjs';

const SECTIONS = join(ROOT, 'infra/bench');

main(async () => {
  const options = readOptions();
  prepare();
  build();
  const native = compileNative();
  const machine = describeMachine();
  const print = options.json ? () => {} : (text) => console.log(text);
  print(`${Object.values(machine).join(' · ')}${'missing' in native ? `\n${native.missing}` : ''}`);

  const results = {};
  for (const name of options.sections) {
    const { run } = await import(`./bench/${name}.mjs`);
    results[name] = await run({ quick: options.quick, program: native.program, progress });
    progress('');
    print(`\n${formatTable(results[name])}`);
  }
  if (options.json) console.log(JSON.stringify({ machine, quick: options.quick, native: native.missing ?? 'measured', sections: results }));
  return 0;
});

function readOptions() {
  const known = readdirSync(SECTIONS)
    .filter((file) => file.endsWith('.mjs') && /^export (?:async )?function run\(/m.test(readFileSync(join(SECTIONS, file), 'utf8')))
    .map((file) => file.replace('.mjs', ''))
    .sort();
  try {
    const { values } = parseArgs({
      options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, only: { type: 'string', multiple: true } },
    });
    const sections = values.only ?? known;
    const unknown = sections.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`no bench is called ${unknown}`);
    return { quick: values.quick === true, json: values.json === true, sections };
  } catch (error) {
    throw new StepError(`${error.message}; usage: npm run bench -- [--quick] [--json] [--only ${known.join('|')}]`);
  }
}

/** What the figures depend on: random accesses cost less where memory comes in huge pages. */
function describeMachine() {
  const thp = readIfThere('/sys/kernel/mm/transparent_hugepage/enabled');
  return {
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`,
    node: `Node ${process.versions.node}`,
    thp: `THP ${/\[(\w+)\]/.exec(thp ?? '')?.[1] ?? 'unknown'}`,
  };
}

/** One line that says what is measured now, on a terminal only. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

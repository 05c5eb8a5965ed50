import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { UserError } from '@damonlab/base';
import { EMBEDDED_MANIFEST, EMBEDDED_RUN, pageFiles } from '@damonlab/dashboard';
import { encodeRun, type Run } from '@damonlab/record';
import { escapeXml } from '@damonlab/report';

/**
 * The run page as one file that opens from disk: page, style and all that the run recorded are inside, and it may fetch nothing.
 * UserError: a damo record, which does not say what was run.
 */
export function htmlReport(run: Run): string {
  if (run.manifest === null) {
    throw new UserError('a page is made of a run', { where: run.path, expected: 'a run directory', actual: 'a damo record' });
  }
  const { script, style } = pageFiles();
  const inlineScript = script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const policy = [
    "default-src 'none'",
    `script-src '${digest(inlineScript)}'`,
    `style-src '${digest(style)}'`,
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<link rel="icon" href="data:,">',
    `<title>${escapeXml(run.name)} · damonlab</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<div id="page"></div>',
    // In a script element only `<` could end it.
    `<script type="application/json" id="${EMBEDDED_MANIFEST}">${JSON.stringify(run.manifest).replaceAll('<', '\\u003c')}</script>`,
    `<script type="text/plain" id="${EMBEDDED_RUN}">${deflateSync(encodeRun(run), { level: 9 }).toString('base64')}</script>`,
    `<script type="module">${inlineScript}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

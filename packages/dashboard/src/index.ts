import { readFileSync } from 'node:fs';

/** The page as the build made it. It asks its server under `/api`, or shows the one run that is embedded in it. */
export interface PageFiles {
  /** Refers to `/page.js` and `/page.css`. */
  readonly html: string;
  /** An ES module without imports. */
  readonly script: string;
  readonly style: string;
}

export function pageFiles(): PageFiles {
  const read = (name: string) => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
  return { html: read('index.html'), script: read('page.js'), style: read('page.css') };
}

export * from './api.js';
export { EMBEDDED_MANIFEST, EMBEDDED_RUN } from './embedded-ids.js';

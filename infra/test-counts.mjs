/** What vitest's JSON report says, in one line. */

/**
 * @param {string | null} report text of vitest's JSON report; null when vitest wrote none
 * @returns {{ passed: number, failed: number, skipped: number }} a test file that could not be loaded counts as one failed
 */
export function countTests(report) {
  if (report === null) return { passed: 0, failed: 0, skipped: 0 };
  const result = JSON.parse(report);
  const unloaded = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + unloaded.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/**
 * The skipped tests by name.
 * @param {string | null} report text of vitest's JSON report
 * @param {string} root what the names of files are relative to
 * @returns {string[]}
 */
export function skippedTests(report, root) {
  if (report === null) return [];
  return JSON.parse(report).testResults.flatMap(({ name, assertionResults }) => {
    const skipped = assertionResults.filter(({ status }) => status === 'pending' || status === 'skipped' || status === 'todo');
    const titles = skipped.map(({ ancestorTitles, title }) => [...ancestorTitles, title].join(' > '));
    return titles.map((title) => `${name.replace(`${root}/`, '')}: ${title}`);
  });
}

/** The line that CI reads, alone on its line: `N passed, N failed`, and `, N skipped` if any. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

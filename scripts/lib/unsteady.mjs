/** So many files are run once more. Where more fail, it is not for want of steadiness. */
const MOST = 10;

/** How fast-check begins: a value that breaks a property was found, and other random values prove nothing. */
const COUNTEREXAMPLE = "Property failed";

/** Whether a failure may be one of the moment. */
const mayPass = ({ file, words }) => file !== undefined && !words.startsWith(COUNTEREXAMPLE);

/** Whether anything is to be run once more at all: not for whoever hunts what is unsteady. */
export const runsOnceMore = () => process.env.LINKWRIGHT_ONCE !== "1";

/**
 * @typedef {object} Failure
 * @property {string} name the file and the test
 * @property {string} words the first that the failure says
 * @property {string} [project] the suite, and
 * @property {string} [file] the file that it is of; a failure outside of the tests has none
 *
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {readonly Failure[]} failures
 * @property {readonly Failure[]} [unsteady] what failed, and passed when it was run once more
 */

/**
 * Runs tests, and those files of which some failed once more, alone: `work()` runs all, `work(failures)` the files of those; both
 * resolve to totals. What passes then counts as passed, and is named as unsteady; what fails twice fails, and so does what fails only
 * then.
 * @param {(failures?: readonly Failure[]) => Promise<Totals>} work
 * @returns {Promise<Totals>}
 */
export async function steadily(work) {
  const first = await work();
  const files = new Set(first.failures.map(({ project, file }) => `${project} ${file}`));
  const lasts = first.failed !== first.failures.length || !first.failures.every(mayPass);
  if (files.size === 0 || files.size > MOST || lasts || !runsOnceMore()) return first;
  console.log(`\nOnce more, alone: ${[...new Set(first.failures.map(({ file }) => file))].join(" ")}\n`);
  const second = await work(first.failures);
  if (second.passed + second.failed === 0) return first;
  const same = (one) => (other) => one.project === other.project && one.name === other.name;
  const unsteady = first.failures.filter((failure) => !second.failures.some(same(failure)));
  return {
    ...first,
    passed: first.passed + unsteady.length,
    failed: second.failed,
    failures: second.failures,
    unsteady: [...(first.unsteady ?? []), ...unsteady],
  };
}

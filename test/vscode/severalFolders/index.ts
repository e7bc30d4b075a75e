/** The same, for the suites beside this one: their window has several folders. */
export { run } from '../index';

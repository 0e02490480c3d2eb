/**
 * Makes a warning of Node.js about too many listeners an error, in every process of tests.
 *
 * @module
 */

const program = 'process.on("warning",(warning)=>{' +
  'if(warning.name==="MaxListenersExceededWarning")throw(warning)})';

/** The argument of Node.js that does so. */
export const leaksAreErrors: string = `--import=data:text/javascript,${
  encodeURIComponent(program)
}`;
